// Adapts a pretrained model to a table with LoRA, and answers the rows of another table.
//   train_lora MODEL TRAIN.tsv NEW.tsv      TRAIN.tsv has the columns text and label, NEW.tsv has text
#include <espalier/espalier.h>

#include <cstdio>

using namespace espalier;

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "usage: train_lora MODEL TRAIN.tsv NEW.tsv\n"), 2;
  MemoryLog log;
  Session session;  // a model with its tokenizer and task: what predict_rows, evaluate_file and merge_run take
  session.base = find_model(argv[1]);
  session.tokenizer = load_tokenizer(session.base);
  const DataSet data({.train = argv[2], .text = {"text"}, .label = {"label"}}, *session.tokenizer, 128, /*seed=*/1, log);
  session.task = data.task();
  session.model = load_model(session.base, {.head = head_for(data.task(), Pooling::mean)}, log);
  Model& model = *session.model;
  model.freeze();
  model.attach(std::make_unique<Lora>(LoraOptions{.rank = 8, .alpha = 16}), /*seed=*/1);

  std::vector<Phase> phases(1);
  phases[0].trained = trained_parts(model, {}).all();  // LoRA's matrices and the new head
  phases[0].objective = std::make_unique<CrossEntropy>(CrossEntropyOptions{});
  phases[0].rule = std::make_unique<PlainRule>();
  phases[0].optimizer = std::make_unique<AdamW>(AdamWOptions{{.learning_rate = 5e-3}});
  phases[0].source = std::make_unique<StreamSource>(data.stream());
  for (Parameter* parameter : phases[0].trained) parameter->train(true);
  Trainer trainer(model, std::move(phases), {.epochs = 5});
  trainer.evaluate_with([&] {
    const Metrics metrics = evaluate(model, data.task(), data.evaluate(Part::dev)).metrics;
    return Evaluation{metrics, metrics.at("macro_f1")};
  });
  std::fprintf(stderr, "macro_f1 %.4f\n", trainer.run().best_value);

  predict_rows(session, argv[3], {}, [](const Answer& answer) { std::printf("%s\t%.4f\n", answer.label.c_str(), answer.score); });
} catch (const Error& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
