// Merging: what was trained, written into the base, as one Hugging Face folder.
#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/nn/tensor.h"
#include "espalier/recipe/session.h"

namespace espalier {
namespace {

/// Texts of several lengths: what the merged model must answer as before.
const std::vector<std::string>& probe_texts() {
  static const std::vector<std::string> texts{
      "yes",
      "a fast key-value store with replication",
      "The committee will meet again on Thursday, after the figures for the third quarter have been checked.",
      "It was neither the best nor the worst of its kind, but nobody who saw it ever asked for the money back.",
      "0123 456-789, (see note 4)",
      "One text is much longer than the others, so that positions far from the start are looked at too: it goes on and on, past "
      "the point where a reader would expect it to end, names a few places, such as the river, the mill and the old bridge, and "
      "only then stops."};
  return texts;
}

Tensor probe(Session& session) {
  at::NoGradGuard no_gradient;
  Task task = session.task;
  if (task.limit.too_long == Long::windows) task.limit.too_long = Long::cut;
  std::vector<Example> examples;
  const bool pair = task.pair() || task.kind == TaskKind::similarity;
  for (const std::string& text : probe_texts()) {
    examples.push_back(encode_example(task, *session.tokenizer, text, pair ? probe_texts()[1] : ""));
    examples.back().index = int64_t(examples.size());
  }
  const Batch batch = Collator(task, *session.tokenizer, 1)(examples);
  Pass pass;
  return (*session.model)(batch, pass).to(at::kDouble);
}

}  // namespace

MergeReport merge_run(Session& session, const fs::path& out, Log& log) {
  if (session.model == nullptr) throw unsupported_error("a bag of words has no base to be merged into");
  if (fs::exists(out) && (!fs::is_directory(out) || !fs::is_empty(out))) {
    throw usage_error("it is there already, and not empty").at(out.string()).hint("name another folder with --out");
  }
  Model& model = *session.model;
  const Tensor before = probe(session);
  MergeReport report;
  const auto& modifiers = model.modifiers();
  const auto undo = [&] {
    for (const auto& modifier : modifiers) {
      if (modifier->merged()) modifier->unmerge(model);
    }
  };
  try {
    for (const auto& modifier : modifiers) {
      // Methods without numbers of their own trained the base itself.
      if (!modifier->merge(model) && !modifier->parameters().empty()) {
        throw unsupported_error("the method '{}' ({}) cannot be written into the base: what it adds is no change of a weight",
                                modifier->name(), modifier->kind())
            .hint("use the run folder as it is: base and adapter side by side");
      }
      report.merged.push_back(modifier->name());
    }
    const Tensor after = probe(session);
    report.largest_change = (after - before).abs().max().item<double>();
    report.largest_logit = before.abs().max().item<double>();
    report.saved = save_model(model, out, session.base, log, session.task.limit.max_length);
  } catch (...) {
    undo();
    throw;
  }
  undo();
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    if (entry.is_regular_file()) report.bytes += int64_t(entry.file_size());
  }
  return report;
}

}  // namespace espalier
