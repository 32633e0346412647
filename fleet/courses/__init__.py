"""Courses, when and where they meet, and which recording belongs to which lesson."""
