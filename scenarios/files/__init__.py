"""The door: files in, frozen records out, every mistake at once. The only room that knows pydantic."""
