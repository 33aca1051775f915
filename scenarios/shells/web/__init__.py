"""The page of `choucha web`; the only streamlit."""
