"""
A search on a Dask cluster
==========================

The workers of a Dask cluster share the fits of a search; here it is a small one on this machine.
Needs the ``dask`` extra: ``pip install ".[dask]"`` in a checkout.
"""

from itertools import chain

from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdropout import DropoutMLPClassifier


def main():
    X, y = load_breast_cancer(return_X_y=True)
    splits = list(StratifiedKFold(5).split(X, y))
    network = DropoutMLPClassifier((60, 30), max_norm=3, epochs=40, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"dropoutmlpclassifier__dropout": [0.0, 0.2, 0.5]},
        cv=splits,
    )
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        # Each worker gets the rows and the folds once and keeps them, so that the search survives
        # the loss of a worker; by default Dask would keep a single copy.
        client.amm.stop()
        with parallel_config("dask", scatter=[X, y, *chain(*splits)]):
            search.fit(X, y)
    print(f"best: {search.best_params_}, accuracy {search.best_score_:.3f}")


if __name__ == "__main__":  # worker processes import this file
    main()
