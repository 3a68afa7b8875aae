"""Convolutional networks that tell classes."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sklearn.utils import Tags

from skdropout.estimators._classifier import NetworkClassifier
from skdropout.estimators._conv_parameters import ConvParameters


@dataclass(kw_only=True, eq=False, repr=False)
class BNConvClassifier(ConvParameters, NetworkClassifier):
    """Convolutional network with batch normalisation and dropout, and their places, to choose.

    Blocks of convolutions, with pooling between the blocks, lead into a head. ``X`` holds images,
    of shape (n_samples, height, width, channels) or (n_samples, height, width), or rows of shape
    (n_samples, n_features): flattened images with ``image_shape``, and signals without it, one
    pixel high and ``n_features`` wide. Bytes (``uint8``) stay bytes until they reach the network.

    Parameters
    ----------
    filters : sequence of int in [1, inf), default=(32, 64)
        Filters of the convolutions, one number for each block.
    convs_per_block : int in [1, inf), default=2
        Convolutions in each block.
    kernel_size : int or (int, int) in [1, inf), default=3
        Height and width of the kernels, in pixels.
    activation : str or sequence of str, default="relu"
        Keras activation of the convolutions and of the head's hidden layers, or one for each
        convolution and then for each hidden layer of the head.
    batch_norm : bool, default=True
        Whether the blocks are normalised over the batch. Where pooling leaves one pixel, a step
        needs two images.
    batch_norm_momentum : float in [0, 1), default=0.9
        What each step keeps of the moving mean and variance that predictions use. Keras's 0.99
        needs some hundred steps before these mean anything.
    batch_norm_epsilon : float in (0, inf), default=0.001
        Added to the variance.
    batch_norm_center, batch_norm_scale : bool, default=True
        Whether batch normalisation adds a learnt offset, and multiplies by a learnt factor.
    conv_dropout : float in [0, 1) or sequence of float, default=0.0
        Fraction of the blocks' activations that each step drops, or one fraction for each block.
    spatial_dropout : bool, default=False
        Whether ``conv_dropout`` drops whole feature maps [3]_ instead of single activations.
    placement : {"before_activation", "after_activation", "after_pooling"}, \
default="before_activation"
        Where batch normalisation, and after it dropout, stand: before each activation of the
        blocks, after it, or once at the end of each block, after its pooling (in the last block,
        which has no pooling, after its last activation).
    pooling : {"max", "average"}, default="max"
        What halves height and width after each block but the last. An axis of length one stays.
    head : {"dense", "gap"}, default="dense"
        What follows the blocks: fully connected layers, or global average pooling [2]_.
    dense_units : int or sequence of int in [1, inf), default=128
        Units of each fully connected layer of ``head="dense"``; ``()`` is none.
    head_dropout : float in [0, 1), default=0.5
        Fraction of the units that each step drops after each fully connected layer, or after
        global average pooling.
    max_norm : float in (0, inf] or None, default=None
        Largest Euclidean norm of the weights that lead into one hidden unit or filter.
    image_shape : (height, width) or (height, width, channels) or None, default=None
        Shape of the image that each row of a two-dimensional ``X`` holds, channels last.
    augment : {"flip", "shift", "flip_shift"} or None, default=None
        What each step does to its images at random: mirror half of them left to right, move them
        by up to an eighth of each axis, or both.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Number type of the arithmetic. ``"mixed_bfloat16"`` keeps weights and logits in float32
        and is faster where the processor computes in bfloat16.
    class_weight : dict, "balanced" or None, default=None
        Factor on the loss of the rows of each class; ``"balanced"`` makes the classes count the
        same (with a multilabel ``y`` each label's, multiplied).
    label_smoothing : float in [0, 1), default=0.0
        Fraction of each label that is spread evenly over all classes (of each label of a multilabel
        ``y``: over yes and no), in training and in validation losses. Szegedy et al. (2016),
        "Rethinking the Inception architecture for computer vision", CVPR, section 7.
    rescale : {"standardize", "center", "unit"} or None, default="standardize"
        What the network does to its inputs first, learnt from the training rows: give each feature
        (each channel of images) mean 0 and standard deviation 1, mean 0 (images: one mean over all
        channels), or the range 0 to 1. Sparse rows are only scaled, which keeps their zeros: by the
        standard deviation, or by the largest absolute value; ``"center"`` is an error. Networks
        compute in single precision: for large numbers that differ by little, such as timestamps of
        one hour, put a ``StandardScaler`` before the network.
    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Distribution that the kernels are drawn from; biases start at 0. ``"random_normal"`` is
        N(0, 0.05).
    initial_weights : list or tuple of ndarray, or None, default=None
        What a fit starts from instead of ``kernel_initializer``: the ``weights_`` of an estimator
        with the same network, which bring along how the inputs are rescaled. Dropout rates are
        those of the parameters. A regressor's targets are rescaled anew, and so its predictions are
        not those of the other one: to start from these, go on by ``warm_start``, or fit both with
        ``rescale_target=False``.
    optimizer : {"adagrad", "adam", "adamax", "adamw", "lion", "rmsprop", "sgd"} or \
keras.optimizers.Optimizer, default="adam"
        The optimiser, with Keras's defaults for what is no parameter here; names of classes, such
        as ``"SGD"``, will do. ``"adamw"`` is ``"adam"`` unless ``weight_decay`` is set. An object
        brings its own learning rate or schedule, momentum, weight decay and clipping instead of the
        parameters here, and needs ``engine="keras"``.
    learning_rate : float in (0, inf), default=0.001
        Learning rate of the first step.
    learning_rate_schedule : {"constant", "inverse_time", "exponential", "cosine"}, \
default="constant"
        How the rate falls over ``t`` epochs: not at all, by ``1 / (1 + decay * t)``, by
        ``exp(-decay * t)``, or along half a cosine to 0 at the last epoch (with ``partial_fit``
        in ``epochs`` calls, and then anew).
    learning_rate_decay : float in [0, inf), default=0.01
        ``decay`` of the inverse-time and exponential schedules, per epoch.
    momentum : float in [0, 1), default=0.9
        Momentum of ``optimizer="sgd"``.
    nesterov : bool, default=False
        Whether the momentum of ``optimizer="sgd"`` is Nesterov's.
    alpha : float in [0, inf), default=0.0
        Strength of an L2 penalty on the kernels: the mean loss of the training rows grows by
        ``alpha`` times half the sum of their squares, divided by the number of rows, copies
        included (in `partial_fit`: those of the call). Of a perceptron without hidden layers, it is
        one over the ``C`` of scikit-learn's ``LogisticRegression``, and with the squared error
        twice the ``alpha`` of ``Ridge``. Biases and batch normalisation are left alone, and the
        losses in ``history_`` are those of the rows only. Hastie, Tibshirani and Friedman (2009),
        "The elements of statistical learning", section 11.5.2.
    weight_decay : float in [0, inf), default=0.0
        Fraction of each kernel that a step takes off, times the learning rate (decoupled weight
        decay). Biases and batch normalisation are left alone.
    global_clipnorm : float in (0, inf] or None, default=None
        Largest Euclidean norm of a step's gradients, all of the network's together; longer ones are
        scaled down to it, with their direction kept. None and ``np.inf`` set no bound. Pascanu,
        Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks", ICML,
        section 3.2.
    batch_size : int in [1, inf), default=32
        Rows of one step; a number that is larger than the table means all rows. The last batch of
        an epoch has the rows that are left.
    epochs : int in [1, inf), default=20
        Passes over the training rows.
    early_stopping : bool, default=False
        Whether to set validation rows aside, stop when ``scoring`` no longer improves on them, and
        keep the weights of the best epoch. ``X_val`` and ``y_val`` of ``fit`` take the place of
        these rows. `partial_fit`, whose epochs its caller counts, sets none aside.
    validation_fraction : float in (0, 1), default=0.1
        Fraction of the distinct rows to set aside, stratified by class where there are classes; the
        last ones with ``shuffle=False``.
    scoring : str, default="loss"
        What early stopping goes by: ``"loss"``, ``"accuracy"`` (of classifiers) or ``"r2"`` (of
        regressors), each of the validation rows. In the accuracy each row counts as one, whatever
        its weight or that of its class; one of several labels is right where all of them are.
    n_iter_no_change : int in [1, inf) or inf, default=10
        Epochs without an improvement after which to stop; ``np.inf`` runs all epochs and keeps the
        weights of the best.
    tol : float in [0, inf), default=1e-4
        Smallest change of the validation loss, or score, that counts as an improvement.
    refit : bool, default=False
        Whether to train once more on all rows, for as many epochs as early stopping found best.
        ``callbacks`` take no part in it.
    shuffle : bool, default=True
        Whether the rows of each epoch come in an order of their own. If so, a fit does not depend
        on the order in which they are passed.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights and the optimiser's state of the last fit. The
        network and how it rescales must stay the same; what is no part of it, as rates and dropout,
        may change (but convolutional networks have no dropout where its rate is 0, and keep to
        that). Another optimiser begins with a state of its own.
    engine : {"compiled", "keras"}, default="compiled"
        What trains: compiled loops, or Keras's ``Model.fit``, which is many times slower and runs
        anything that Keras runs.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Keras callbacks; they see the network as it is trained, ending in logits, and let go of it
        after the fit. What they write into their logs is kept in ``history_``. Those that act on
        single batches or freeze layers need ``engine="keras"``. scikit-learn's own callbacks (since
        1.9) are no parameter: ``set_callbacks`` takes them.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows, the dropout masks and the validation
        split.
    verbose : int in [0, inf), default=0
        1 shows a progress bar over the epochs.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; the numbers of the labels for a multilabel ``y``.
    image_shape_ : tuple of int
        Height, width and channels of the images seen in `fit`.
    n_features_in_ : int
        Number of values of one image or row.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` has string names.
    weights_ : tuple of ndarray
        The fitted values of all the network's weights, in Keras's order. The arrays are read-only;
        assign others of the same shapes (such as ``model_.get_weights()[:len(weights_)]``) to
        predict, and to go on training, from them.
    network_ : Network
        Description of the fitted network.
    model_ : keras.Model
        The fitted network as a Keras model that ends in predictions (of a classifier: in
        probabilities); built on first use.
    history_ : dict of list of float
        ``loss``, and ``accuracy`` of a classifier, of each epoch over the training batches as they
        went by, and ``val_loss`` with ``val_accuracy`` or ``val_r2`` where there are validation
        rows. Under a schedule, ``learning_rate`` at the beginning of each epoch. `partial_fit` and
        warm starts append to it, with nan for what an epoch did not measure.
    n_iter_ : int
        Number of epochs that were run.
    loss_ : float
        Training loss of the last epoch.
    best_epoch_, best_loss_, best_score_ : int, float and float, or None
        Under early stopping: the best epoch of the last fit (of ``history_``, from 0) by
        ``scoring``, the validation loss after it, and the score: accuracy (to which weights that
        are no whole numbers do not matter), or R^2 of a regressor, over all outputs in the unit of
        the loss.

    References
    ----------
    .. [1] Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML, section 3.
    .. [2] Lin, Chen and Yan (2014), "Network in network", ICLR, section 3.2.
    .. [3] Tompson, Goroshin, Jain, LeCun and Bregler (2015), "Efficient object localization using
       convolutional networks", CVPR, section 3.2.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skdropout import BNConvClassifier
    >>> digits = load_digits()
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     digits.images, digits.target, random_state=0
    ... )
    >>> classifier = BNConvClassifier(filters=(8, 16), epochs=5, random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.9
    True
    """

    epochs: int = 20

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ConvParameters._architecture_constraints,
        **NetworkClassifier._parameter_constraints,
    }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
