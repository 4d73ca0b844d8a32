"""Mail: messages in several languages, their queue, and their delivery."""
