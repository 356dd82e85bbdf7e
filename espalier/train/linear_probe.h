// Linear probe: the frozen model's features, computed once, and a linear model on them fitted to convergence. The result is
// written into the head's output layer, so that the model evaluates and predicts as after any other training.
#pragma once

#include <atomic>
#include <cstdint>

#include "espalier/base/fields.h"
#include "espalier/base/log.h"
#include "espalier/data/eval_stream.h"
#include "espalier/data/task.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Model;

struct ProbeOptions {
  double inverse_penalty = 0.03;
  double memory_gb = 4;
  void fields(Fields& f) {
    f("inverse_penalty", inverse_penalty)
        .at_least(0)
        .help("C of the regression on standardised features: larger fits closer; 0: chosen on a tenth of the training rows");
    f("memory_gb", memory_gb).above(0).help("the features may take as much memory; more is refused");
  }
};

struct ProbeResult {
  int64_t rows = 0, features = 0, outputs = 0;
  int64_t iterations = 0;
  bool converged = false;
  double loss = 0;             ///< what was minimised, divided by the rows
  double inverse_penalty = 0;  ///< that was used
  double seconds = 0;
  bool stopped = false;  ///< before its end: the model is as it was
};

/// classify, multi_label, regress and tokens; the features are the input of the site head.main.out, dropout off. `stop`
/// becoming true ends it.
ProbeResult fit_linear_probe(Model& model, const Task& task, EvalStream train, const ProbeOptions& options, Precision precision,
                             Log& log, const std::atomic<bool>* stop = nullptr);

}  // namespace espalier
