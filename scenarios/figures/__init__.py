"""Pictures of the answers: words come in, files go out. The only room that knows matplotlib."""
