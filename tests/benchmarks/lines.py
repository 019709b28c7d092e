"""Ordinary lines of a rep, for timing."""

REP_LINES = (
    "Good morning, is that Mrs Marsh? This is Olivia from Northgate Wealth in Leeds.",
    "I'm ringing because of the card you filled in at the library talk. Have you got two minutes?",
    "What did you make of the evening?",
    "That makes sense. May I ask whether you have someone looking after things now?",
    "I completely understand. How often does he sit down with you to go through it all?",
    "And how did you come to work with him in the first place?",
    "That sounds like an important promise. Is there anything you'd want it to do for your family?",
    "Every client has a named adviser with at most ninety clients, and a call back within one working day.",
    "Do you know what you're paying in total each year?",
    "Would Thursday at ten suit you for a free half-hour review of your statements?",
)
