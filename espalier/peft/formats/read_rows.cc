// PROMPT_TUNING and PREFIX_TUNING of peft's folders: one tensor of rows, prompt_embeddings, beside the whole modules.
//   prompt [l, E]; prefix [l, layers · 2 · D], of each row the key and the value of every layer
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/attentions.h"
#include "espalier/peft/formats/peft_reader.h"
#include "espalier/peft/prefix.h"
#include "espalier/peft/prompt.h"

namespace espalier {
namespace {

class RowsReader : public PeftReader {
 public:
  using PeftReader::PeftReader;
  size_t places() const override { return places_; }

 protected:
  /// [num_virtual_tokens, width]
  void read_rows(int64_t width) {
    const PeftFile::Whole& rows = file_.rows();
    if (rows.view == nullptr) {
      problems_.add(file_.tensors_path().string(), "no tensor prompt_embeddings");
    } else {
      rows_ = read(rows.name, *rows.view, {settings_.length, width});
    }
    check_rest(true);
  }

  Tensor rows_;
  size_t places_ = 1;
};

class PromptReader : public RowsReader {
 public:
  using RowsReader::RowsReader;

  std::unique_ptr<Modifier> method(const std::string& name) override {
    read_rows(model_.backbone().token_table().shape()[1]);
    PromptOptions o;
    if (!name.empty()) o.name = name;
    o.length = settings_.length;
    o.reading = "peft";
    return std::make_unique<Prompt>(o);
  }

 protected:
  void fill_own(Modifier& method) override { dynamic_cast<Prompt&>(method).rows().set(rows_); }
};

class PrefixReader : public RowsReader {
 public:
  using RowsReader::RowsReader;

  std::unique_ptr<Modifier> method(const std::string& name) override {
    const std::vector<Attention*> attentions = attentions_of(model_, problems_);
    places_ = attentions.size();
    int64_t width = 0;
    for (const Attention* attention : attentions) width += 2 * attention->key.out();
    read_rows(width);
    PrefixOptions o;
    if (!name.empty()) o.name = name;
    o.length = settings_.length;
    o.bottleneck = 0;
    o.reading = "peft";
    return std::make_unique<Prefix>(o);
  }

 protected:
  void fill_own(Modifier& method) override {
    int64_t column = 0;
    for (const Attention* attention : attentions_of(model_, problems_)) {
      const int64_t width = attention->key.out();
      const auto part = [&](int64_t at) { return rows_.narrow(1, column + at * width, width).contiguous(); };
      for (const auto& place : dynamic_cast<Prefix&>(method).places()) {
        if (&place->attention == attention) place->set(part(0), part(1));
      }
      column += 2 * width;
    }
  }
};

}  // namespace

std::unique_ptr<PeftReader> prompt_reader(Model& model, PeftFile file) {
  return std::make_unique<PromptReader>(model, std::move(file));
}

std::unique_ptr<PeftReader> prefix_reader(Model& model, PeftFile file) {
  return std::make_unique<PrefixReader>(model, std::move(file));
}

}  // namespace espalier
