"""How many rows a step needs where batch normalisation takes its statistics from them."""

import pytest

from skdropout.networks import ConvNetwork, MLPNetwork


@pytest.mark.parametrize(("batch_norm", "fewest"), [(False, 1), (True, 2)])
def test_a_row_has_one_value_of_each_unit(batch_norm, fewest):
    network = MLPNetwork(
        input_shape=(4,), n_outputs=1, hidden_layer_sizes=(3,), dropout=(0,), batch_norm=batch_norm
    )
    assert network.fewest_rows == fewest


@pytest.mark.parametrize(
    ("image", "filters", "placement", "fewest"),
    [
        ((8, 8, 1), (2, 2), "before_activation", 1),
        ((1, 60, 1), (2, 2), "after_activation", 1),
        ((1, 1, 5), (2,), "before_activation", 2),
        ((2, 2, 1), (2, 2), "before_activation", 2),  # pooled to one pixel
        ((2, 2, 1), (2,), "after_pooling", 1),
    ],
)
def test_an_image_has_one_value_of_each_filter_and_pixel(image, filters, placement, fewest):
    network = ConvNetwork(
        input_shape=image,
        n_outputs=1,
        filters=filters,
        conv_dropout=(0,) * len(filters),
        placement=placement,
    )
    assert network.fewest_rows == fewest
