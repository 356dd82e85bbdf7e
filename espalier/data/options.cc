#include "espalier/data/options.h"

namespace espalier {

void DataOptions::fields(Fields& f) {
  f("task", task).help("a task known by name, such as \"glue/sst2\"; empty for files of your own");
  f("train", train).help("file of training examples: .tsv .csv .jsonl .conll");
  f("dev", dev).help("file that chooses the best checkpoint; empty holds out a part of train");
  f("test", test).help("file that is only reported at the end");
  f("root", root).help("folder of named tasks; empty means the environment's ESPALIER_DATA");
  f("kind", kind)
      .one_of({"auto", "classify", "multi_label", "regress", "tokens", "similarity", "masked_lm", "causal_lm", "seq2seq"})
      .help("what is predicted; auto looks at the labels");
  f("text", text).help("one or two columns with the texts, by name or by number from 0");
  f("label", label).help("the column with the label; several for 0/1 columns or several targets");
  f("labels", labels).help("class names in the order of their ids; empty takes those of train, sorted");
  f("group", group).help("column whose equal values stay on one side of the hold-out split, such as a patient");
  f("label_separator", label_separator).help("what stands between several labels in one cell");
  f("format", format).one_of({"auto", "tsv", "csv", "jsonl", "conll", "lines"}).help("of the files; auto goes by their suffix");
  f("header", header).help("the first row of TSV and CSV names the columns");
  f("quote", quote).help("cells may stand in quotes (RFC 4180); by default yes in CSV, no in TSV");
  f("metrics", metrics).help("names from `list metrics`; empty takes the usual ones of the kind");
  f("best", best).help("the metric that chooses the best checkpoint; empty takes the first of the usual ones");
  f("scale", scale).at_least(0).help("similarity: scores are divided by it; 0 takes what brings them into [-1, 1]");
  f("batch", batch).at_least(1).help("examples of one optimiser step");
  f("tokens", tokens)
      .at_least(0)
      .help("tokens of one micro-batch at most, which bounds memory and changes no result; 0 = no bound");
  f("micro_batch", micro_batch)
      .at_least(0)
      .help("examples of one micro-batch at most, which bounds memory and changes no result; 0 = no bound");
  f("max_length", max_length).at_least(0).help("longest sequence in tokens; 0 means 512 or what the model allows");
  f("long_texts", long_texts).one_of({"cut", "head_tail", "windows"}).help("what happens to longer texts");
  f("stride", stride).at_least(0).help("windows: tokens that neighbours share");
  f("holdout", holdout).above(0).below(1).help("share of train that is held out where no dev file is given");
  f("shuffle_buffer", shuffle_buffer).at_least(1).help("examples in memory at a time; shuffling happens among them");
  f("workers", workers)
      .between(1, 64)
      .help("threads that read and encode training examples beyond the shuffle buffer; changes no result");
  f("by_length", by_length).help("batches of similar lengths: faster, slightly less random");
  f("keep_text", keep_text).help("dev_predictions.tsv holds the texts too; otherwise nothing of a run does");
}

}  // namespace espalier
