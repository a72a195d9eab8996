"""What the web server and the signing agent say to each other. `signing.messages` is the front."""
