"""What people are told: notices in the app, mails."""
