// DataOptions: what a recipe's `data = { … }` or the command line says about texts and labels, before any file is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "espalier/base/fields.h"

namespace espalier {

struct DataOptions {
  std::string task;                 ///< "" or the name of a known task: "glue/sst2"
  std::string train, dev, test;     ///< paths; dev "" = hold out from train; test is only reported at the end
  std::string root;                 ///< folder of named tasks; "" = the environment's ESPALIER_DATA
  std::string kind = "auto";        ///< auto, or a TaskKind by name
  std::vector<std::string> text;    ///< one or two columns, by name or number
  std::vector<std::string> label;   ///< one column; several for 0/1 columns (multi_label) or several targets (regress)
  std::vector<std::string> labels;  ///< class names in the order of their ids; empty = those of the training file
  std::string group;                ///< a column whose equal values stay on one side of the split
  std::string label_separator;      ///< several labels in one cell: what stands between them
  std::string format = "auto";
  bool header = true;
  std::optional<bool> quote;
  std::vector<std::string> metrics;  ///< empty = the usual ones of the kind
  std::string best;                  ///< "" = the first of the usual ones
  double scale = 0;                  ///< similarity: scores are divided by it; 0 = what brings them into [-1, 1]
  int64_t batch = 32;                ///< examples of one optimiser step
  int64_t tokens = 16384;            ///< rows of one micro-batch; bounds memory, never changes a step
  int64_t micro_batch = 0;           ///< examples of one micro-batch; likewise; 0 = no bound
  int64_t max_length = 0;            ///< 0 = min(512, what the model and tokenizer allow)
  std::string long_texts = "cut";
  int64_t stride = 64;
  double holdout = 0.1;
  int64_t shuffle_buffer = 100000;
  bool by_length = false;
  int64_t workers = 1;     ///< threads that read and encode training examples
  bool keep_text = false;  ///< dev_predictions.tsv holds the texts too

  void fields(Fields& f);
};

}  // namespace espalier
