"""The names of the data that come with a name."""

TABLE_NAMES = ("breast_cancer", "sonar")
IMAGE_NAMES = ("cifar100", "digits")
