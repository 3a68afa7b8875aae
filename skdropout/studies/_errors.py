"""What can stop a study, told to the person who started it."""


class StudyError(ValueError):
    """A study cannot run as it was asked to; the message says what to change.

    Raised for unusable data, arguments out of range, and an output folder that belongs to another
    study or to a process that is still running.
    """


class StudyInterrupted(KeyboardInterrupt):
    """A study was stopped by Ctrl-C; everything finished is in its folder."""
