// What is said about a trained model: metrics beside those of the majority class, predictions, tables, pictures.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "espalier/data/dataset.h"
#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"
#include "espalier/train/bag_of_words.h"
#include "espalier/train/evaluate.h"
#include "espalier/train/texts.h"

namespace espalier {

struct Outcome {
  Evaluated dev;
  std::optional<Evaluated> test;
  Metrics dev_majority, test_majority;  ///< of always giving the commonest class (or the mean) of train
};

/// The metrics of an answer that looks at nothing: the largest class of `train_counts`, or `mean`.
Metrics majority_metrics(const Task& task, const MetricInput& input, const std::vector<int64_t>& train_counts, double mean);
/// What a bag of words says of texts; rows are numbered from 0.
std::vector<Prediction> predict_bag(const BagOfWords& bag, const Task& task, std::span<const std::string> texts);
/// A bag of words over rows of texts.
Evaluated evaluate_bag(const BagOfWords& bag, const Task& task, const TextRows& rows);
/// Figures of dev and test beside the majority class, and of each class where there are at most 40.
std::string outcome_text(const Task& task, const Outcome& outcome);
/// The text of each row by its number: for data.keep_text.
using TextsByRow = std::map<int64_t, std::string>;
TextsByRow texts_of(const DataSet& data, Part part);
/// row, truth, prediction, probability, and the text where `texts` is given.
std::string predictions_tsv(const Task& task, const Evaluated& evaluated, const TextsByRow* texts = nullptr);
/// confusion.svg of test (else dev) where there are classes; curve.svg from the run's events.
void draw_pictures(const RunFolder& folder, const Plan& plan, const Task& task, const Outcome& outcome);

}  // namespace espalier
