"""Writes tests/oracle/bag_of_words: scikit-learn's TF-IDF of word 1-2-grams with linear models fitted to convergence.

  python tools/oracle/make_bag_of_words.py [FOLDER]

bag_of_words.json holds the texts, the targets and what the fitted models say of other texts: of `classify` the decision function less its
mean over classes (softmax scores are known up to a constant of the row), of `multi_label` one decision function a label, of `regress` values.
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

import fixture

WORDS = "fast key value store Python library for parsing text data files, web server É_x ÄÖ naïve 数据 库 a 3d i18n documentation".split()
C = 10.0


def main():
    draw = numpy.random.default_rng(1)
    texts = [" ".join(draw.choice(WORDS, draw.integers(1, 9))) for _ in range(60)]
    others = [" ".join(draw.choice(WORDS, draw.integers(1, 9))) for _ in range(12)] + ["", "unseen-words only"]
    classes = [(t.count("fast") + t.count("data") + len(t)) % 3 for t in texts]
    labels = [[int("fast" in t or "web" in t), int(len(t) % 2)] for t in texts]
    values = [len(t) / 10 + t.count("web") for t in texts]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    x, z = vectorizer.fit_transform(texts), vectorizer.transform(others)

    def logistic(y):
        return LogisticRegression(C=C, tol=1e-12, max_iter=10000).fit(x, y).decision_function(z)

    scores = logistic(classes)
    about = {
        "inverse_penalty": C,
        "texts": texts,
        "others": others,
        "classes": classes,
        "labels": labels,
        "values": values,
        "classify": (scores - scores.mean(1, keepdims=True)).tolist(),
        "multi_label": numpy.stack([logistic([row[i] for row in labels]) for i in range(2)], 1).tolist(),
        "regress": Ridge(alpha=1 / C, solver="cholesky").fit(x.toarray(), values).predict(z.toarray()).tolist(),
        "generator": "tools/oracle/make_bag_of_words.py",
        "command": "python tools/oracle/make_bag_of_words.py",
        "versions": {"sklearn": sklearn.__version__, "numpy": numpy.__version__},
    }
    folder = pathlib.Path(fixture.folder_argument("bag_of_words"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bag_of_words.json").write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
