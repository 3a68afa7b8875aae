"""Which regularisation helps, on anybody's data: nested, paired and tested."""

from skdropout.studies.compared._comparison import compare_regularisers

__all__ = ["compare_regularisers"]
