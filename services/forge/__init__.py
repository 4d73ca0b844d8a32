"""The code forge: GitHub, or a Forgejo such as Codeberg."""
