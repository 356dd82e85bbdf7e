#include "espalier/data/tasks/glue.h"

namespace espalier {
namespace {

using Names = std::vector<std::string>;

/// `file` in the folders where it may lie: by our name or by the archive's, below a folder `glue` or not.
Names places(const Names& folders, const Names& files) {
  Names out;
  for (const char* above : {"glue/", "GLUE/", ""}) {
    for (const std::string& folder : folders) {
      for (const std::string& file : files) out.push_back(above + folder + "/" + file);
    }
  }
  return out;
}

Layout layout(const Names& folders, Names text, std::string label) {
  return {places(folders, {"train.tsv"}), places(folders, {"dev.tsv"}), places(folders, {"test.tsv"}), std::move(text),
          std::move(label)};
}

NamedTask sst2() {
  return {"glue/sst2", "sentiment of film reviews", TaskKind::classify,
          {"0", "1"},  {"accuracy", "f1"},          {layout({"sst2", "SST-2"}, {"sentence"}, "label")}};
}

NamedTask cola() {
  const Names folders{"cola", "CoLA"};
  return {"glue/cola",
          "is the sentence grammatical English",
          TaskKind::classify,
          {"0", "1"},
          {"matthews", "accuracy"},
          {{places(folders, {"in_domain_train.tsv", "train.tsv"}),
            places(folders, {"in_domain_dev.tsv", "dev.tsv"}),
            {},
            {"3"},
            "1",
            false}}};
}

NamedTask mrpc() {
  const Names folders{"mrpc", "MRPC"};
  return {"glue/mrpc",
          "do two sentences say the same",
          TaskKind::classify,
          {"0", "1"},
          {"f1", "accuracy"},
          {{places(folders, {"train.tsv", "msr_paraphrase_train.txt"}),
            places(folders, {"dev.tsv"}),
            places(folders, {"msr_paraphrase_test.txt", "test.tsv"}),
            {"#1 String", "#2 String"},
            "Quality"}}};
}

NamedTask stsb() {
  const Names folders{"stsb", "STS-B"};
  Layout plain = layout(folders, {"5", "6"}, "4");
  plain.header = false;
  return {"glue/stsb",
          "how similar two sentences are, 0 to 5",
          TaskKind::regress,
          {},
          {"spearman", "pearson"},
          {layout(folders, {"sentence1", "sentence2"}, "score"), plain}};
}

NamedTask mnli() {
  const Names folders{"mnli", "MNLI"};
  const auto with = [&](std::string label) -> Layout {
    return {places(folders, {"train.tsv"}),
            places(folders, {"dev_matched.tsv"}),
            places(folders, {"dev_mismatched.tsv"}),
            {"sentence1", "sentence2"},
            std::move(label)};
  };
  return {"glue/mnli",        "does the first sentence entail the second; the test file is the mismatched dev set",
          TaskKind::classify, {"entailment", "neutral", "contradiction"},
          {"accuracy"},       {with("gold_label"), with("label")}};
}

NamedTask qnli() {
  const Names folders{"qnli", "QNLI"};
  return {"glue/qnli",
          "does the sentence answer the question",
          TaskKind::classify,
          {"entailment", "not_entailment"},
          {"accuracy"},
          {layout(folders, {"question", "sentence"}, "label"), layout(folders, {"sentence1", "sentence2"}, "label")}};
}

NamedTask qqp() {
  const Names folders{"qqp", "QQP"};
  return {"glue/qqp",
          "do two questions ask the same",
          TaskKind::classify,
          {"0", "1"},
          {"f1", "accuracy"},
          {layout(folders, {"question1", "question2"}, "is_duplicate"), layout(folders, {"sentence1", "sentence2"}, "label")}};
}

NamedTask rte() {
  return {"glue/rte",         "does the first text entail the second",
          TaskKind::classify, {"entailment", "not_entailment"},
          {"accuracy"},       {layout({"rte", "RTE"}, {"sentence1", "sentence2"}, "label")}};
}

NamedTask wnli() {
  return {"glue/wnli",        "is the pronoun resolved rightly",
          TaskKind::classify, {"0", "1"},
          {"accuracy"},       {layout({"wnli", "WNLI"}, {"sentence1", "sentence2"}, "label")}};
}

}  // namespace

std::vector<NamedTask> glue_tasks() { return {sst2(), cola(), mrpc(), stsb(), qqp(), mnli(), qnli(), rte(), wnli()}; }

}  // namespace espalier
