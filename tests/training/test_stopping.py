"""The rule of early stopping, for numbers and tensors, on losses worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from skdropout.training._stopping import EarlyStopping, Progress

# Losses, tol, n_iter_no_change: the epoch after which to stop, and the best epoch.
CASES = {
    "falls": ([3.0, 2.0, 1.0], 0.5, 1, None, 2),
    "rises": ([1.0, 2.0, 3.0], 0.0, 2, 2, 0),
    "equal is no gain": ([1.0, 1.0, 1.0], 0.0, 2, 2, 0),
    "small gains do not count, but add up": ([1.0, 0.75, 0.5, 0.25, 0.0625], 0.375, 2, None, 4),
    "gains below tol end it, and the best is kept": ([2.0, 1.75, 1.5], 1.0, 2, 2, 2),
    "a peak in between": ([2.0, 9.0, 1.0, 9.0, 9.0], 0.0, 2, 4, 2),
    "endless patience": ([1.0, 2.0, 3.0], 0.0, np.inf, None, 0),
}


def run(values, rule, start, after):
    progress = start
    for epoch, value in enumerate(values):
        progress = after(progress, epoch, value, rule)
        if progress.gives_up(rule):
            return epoch, int(progress.kept)
    return None, int(progress.kept)


def numbers(values, tol, patience, by_score):
    def after(progress, epoch, value, rule):
        loss, score = (np.nan, -value) if by_score else (value, np.nan)
        return progress.after(loss, score, epoch, rule)

    rule = EarlyStopping(patience, tol, by_score)
    return run(values, rule, Progress.start(None), after)


def tensors(values, tol, patience, by_score):
    def after(progress, epoch, value, rule):
        unseen = progress.after(
            tf.constant(np.inf), tf.constant(-np.inf), 99, rule, n_epochs=0.0, **of_tensors
        )  # in the middle of an epoch
        loss, score = map(tf.constant, (np.nan, -value) if by_score else (value, np.nan))
        return unseen.after(loss, score, epoch, rule, **of_tensors)

    of_tensors = {"where": tf.where, "together": tf.stack}
    rule = EarlyStopping(tf.constant(patience, tf.float32), tf.constant(tol), tf.constant(by_score))
    start = Progress.start(tf.constant(-1))
    start = start._replace(numbers=tf.constant(start.numbers))
    return run(values, rule, start, after)


@pytest.mark.parametrize("by_score", [False, True], ids=["loss", "score"])
@pytest.mark.parametrize("kind", [numbers, tensors])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rule(case, kind, by_score):
    values, tol, patience, stops, best = case
    assert kind(values, tol, patience, by_score) == (stops, best)
