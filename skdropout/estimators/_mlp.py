"""Multilayer perceptrons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar

from skdropout.estimators._classifier import NetworkClassifier
from skdropout.estimators._parameters import (
    ACTIVATIONS,
    POSITIVE,
    POSITIVE_INTEGER,
    RATE,
    TrainingParameters,
    documented,
    initializer_name,
    names,
)
from skdropout.networks import MLPNetwork


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DropoutMLPClassifier(NetworkClassifier):
    """Multilayer perceptron with dropout, max-norm and batch normalisation as hyperparameters.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int in [1, inf), default=(100,)
        Units of each hidden layer; ``()`` is logistic regression.
    activation : str, default="relu"
        Keras activation of the hidden layers.
    input_dropout : float in [0, 1), default=0.0
        Fraction of the inputs that each training step drops. Srivastava et al. advise 0.2.
    dropout : float in [0, 1) or sequence of float, default=0.0
        Fraction of the units that each step drops after each hidden layer, or one fraction for
        each layer. Srivastava et al. advise 0.5, or 0.2 to 0.5 for small networks.
    max_norm : float in (0, inf) or None, default=None
        Largest Euclidean norm of the weights that lead into one hidden unit. Srivastava et al.
        advise 3 to 4 beside dropout and a high learning rate.
    batch_norm : bool, default=False
        Whether each hidden layer is normalised over the batch, before its activation.
    {training_parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; the numbers of the labels for a multilabel ``y``.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where ``X`` has string names.
    weights_ : list of ndarray
        The fitted values of all of ``model_``'s weights, in Keras's order.
    network_ : MLPNetwork
        Description of the fitted network.
    model_ : keras.Model
        The fitted network as a Keras model whose outputs are probabilities; built on first use.
    history_ : dict of list of float
        ``loss`` and ``accuracy`` of each epoch over the training batches as they went by, and
        ``val_loss`` and ``val_accuracy`` where there are validation rows. `partial_fit` and warm
        starts append to it, with nan for what an epoch did not measure.
    n_iter_ : int
        Number of epochs that were run.
    loss_ : float
        Training loss of the last epoch.
    best_epoch_, best_loss_, best_score_ : int, float and float, or None
        Under early stopping: the epoch (of ``history_``, from 0) with the lowest validation loss
        of the last fit, that loss, and the validation accuracy of that epoch.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The same network without dropout, max-norm or batch
        normalisation.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), "Dropout: a simple
       way to prevent neural networks from overfitting", JMLR 15, sections 4 and 5 and appendix A.
    .. [2] Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML, section 3.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from skdropout import DropoutMLPClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> classifier = DropoutMLPClassifier(dropout=0.2, epochs=30, random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.9
    True
    """

    hidden_layer_sizes: int | Sequence[int] = field(default=(100,), kw_only=False)
    activation: str = "relu"
    input_dropout: float = 0.0
    dropout: float | Sequence[float] = 0.0
    max_norm: float | None = None
    batch_norm: bool = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": [POSITIVE_INTEGER, "array-like"],
        "activation": [names(ACTIVATIONS)],
        "input_dropout": [RATE],
        "dropout": [RATE, "array-like"],
        "max_norm": [POSITIVE, None],
        "batch_norm": ["boolean"],
        **TrainingParameters._parameter_constraints,
    }

    def _describe_network(self, input_shape: tuple[int, ...], n_outputs: int) -> MLPNetwork:
        sizes = self._hidden_layer_sizes()
        return MLPNetwork(
            input_shape=input_shape,
            n_outputs=n_outputs,
            kernel_initializer=initializer_name(self.kernel_initializer),
            max_norm=None if self.max_norm is None else float(self.max_norm),
            hidden_layer_sizes=sizes,
            activation=self.activation,
            input_dropout=float(self.input_dropout),
            dropout=self._dropout_rates(len(sizes)),
            batch_norm=bool(self.batch_norm),
        )

    def _hidden_layer_sizes(self) -> tuple[int, ...]:
        given: Any = self.hidden_layer_sizes
        sizes = (given,) if isinstance(given, Integral) else tuple(given)
        if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
            raise ValueError(
                "hidden_layer_sizes expects whole numbers above zero, one for each hidden layer, "
                f"got {given!r}."
            )
        return tuple(int(size) for size in sizes)

    def _dropout_rates(self, n_layers: int) -> tuple[float, ...]:
        given: Any = self.dropout
        if isinstance(given, Real):
            return (float(given),) * n_layers
        rates = tuple(given)
        if len(rates) != n_layers:
            raise ValueError(
                f"dropout has {len(rates)} rates for {n_layers} hidden layers. Pass one number "
                "for all layers, or as many as hidden_layer_sizes has."
            )
        if not all(RATE.is_satisfied_by(rate) for rate in rates):
            raise ValueError(f"dropout expects rates in [0, 1), got {given!r}.")
        return tuple(float(rate) for rate in rates)
