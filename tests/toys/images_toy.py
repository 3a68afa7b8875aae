"""The CIFAR-100 study on the digits of scikit-learn, with a small network."""

from skdropout import BNConvClassifier
from skdropout.studies.designing import Design, Draws, carry_out
from skdropout.studies.evidence import CLASS_SCORES
from skdropout.studies.published._cifar100_networks import SHARED, VARIANTS
from skdropout.studies.published._cifar100_study import Cifar100
from skdropout.studies.reading import load_images

SMALL = {**SHARED, "filters": (8, 16), "dense_units": 64, "batch_norm_momentum": 0.9}


def design(train_size=200, epochs=2):
    accuracy = CLASS_SCORES["accuracy"]
    return Design(BNConvClassifier(**SMALL), VARIANTS, Draws(train_size), epochs, accuracy)


def study(
    *,
    train_size=200,
    epochs=2,
    seeds=2,
    variants=("nothing", "dropout_0.5"),
    placements=("after_pooling",),
    conditions=("standardised",),
):
    network = design(train_size, epochs)
    return Cifar100(load_images("digits"), network, seeds, placements, variants, conditions)


def run(out, *, progress=False, **options):
    return carry_out(study(**options), out=out, jobs=1, cluster=None, progress=progress)
