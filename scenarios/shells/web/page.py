"""What Streamlit runs for each visitor."""

from scenarios.shells.web.app import show

if __name__ == "__main__":
    show()
