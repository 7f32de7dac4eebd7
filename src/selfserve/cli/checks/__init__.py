"""What `selfserve doctor` looks at; each check says what it found and never raises."""
