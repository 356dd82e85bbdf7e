#include "espalier/train/bag_of_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

constexpr const char* kFormat = "espalier.bag_of_words.1";
constexpr uint64_t kHashKey = 0;
constexpr const char* kLinks[] = {"softmax", "sigmoid", "identity"};

/// Bucket -> number of n-grams of the text in it, in order of buckets.
std::map<int32_t, double> counts_of(std::string_view text, const BagOfWordsOptions& options) {
  std::map<int32_t, double> counts;
  for (const std::string& part : split(text, '\n')) {
    const std::vector<std::string> words = words_of(part);
    for (size_t i = 0; i < words.size(); ++i) {
      std::string gram;
      for (size_t n = 0; n < size_t(options.longest) && i + n < words.size(); ++n) {
        gram += (n > 0 ? " " : "") + words[i + n];
        ++counts[int32_t(derive_key(kHashKey, gram) % uint64_t(options.buckets))];
      }
    }
  }
  return counts;
}

template <class T>
NamedTensor named(std::string name, DType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {std::move(name), type, std::move(shape), std::as_bytes(std::span(values))};
}

template <class T>
std::vector<T> values_of(const Safetensors& file, std::string_view name, DType type, int64_t size) {
  const TensorView& view = file.at(name);
  if (view.dtype != type || view.numel() != size) {
    throw data_error("{} {}; expected {} values of type {}", dtype_name(view.dtype), shape_text(view.shape), size,
                     dtype_name(type))
        .at(file.path().string() + ": " + std::string(name));
  }
  std::vector<T> values(static_cast<size_t>(size));
  std::copy(view.bytes.begin(), view.bytes.end(), reinterpret_cast<std::byte*>(values.data()));
  return values;
}

/// Files hold float32, so what was fitted is rounded to it at once.
std::vector<double> rounded(std::vector<double> values) {
  for (double& value : values) value = double(float(value));
  return values;
}

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  const std::string repaired = valid_utf8(text) ? std::string() : repair_utf8(std::string(text));
  if (!repaired.empty()) text = repaired;
  std::vector<std::string> words;
  std::string word;
  int64_t length = 0;
  const auto finish = [&] {
    if (length >= 2) words.push_back(word);
    word.clear();
    length = 0;
  };
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_char(text, at);
    if ((char_classes(c) & kWord) == 0) {
      finish();
    } else {
      append_utf8(lower(c), word);
      ++length;
    }
  }
  finish();
  return words;
}

void BagOfWords::count(std::span<const std::string> texts) {
  std::map<int32_t, int64_t> documents;
  for (const std::string& text : texts) {
    for (const auto& [bucket, count] : counts_of(text, options_)) ++documents[bucket];
  }
  for (const auto& [bucket, count] : documents) {
    buckets_.push_back(bucket);
    idf_.push_back(std::log((1 + double(texts.size())) / (1 + double(count))) + 1);
  }
  idf_ = rounded(std::move(idf_));
}

SparseDesign BagOfWords::rows(std::span<const std::string> texts) const {
  SparseDesign design;
  design.width = int64_t(buckets_.size());
  for (const std::string& text : texts) {
    const size_t begin = design.values.size();
    double squares = 0;
    for (const auto& [bucket, count] : counts_of(text, options_)) {
      const auto found = std::lower_bound(buckets_.begin(), buckets_.end(), bucket);
      if (found == buckets_.end() || *found != bucket) continue;
      const double value = count * idf_[size_t(found - buckets_.begin())];
      design.indices.push_back(int32_t(found - buckets_.begin()));
      design.values.push_back(value);
      squares += value * value;
    }
    for (size_t i = begin; i < design.values.size(); ++i) design.values[i] /= std::sqrt(squares);
    design.offsets.push_back(int64_t(design.values.size()));
  }
  return design;
}

BagOfWords BagOfWords::fit(std::span<const std::string> texts, std::span<const double> targets, std::vector<std::string> labels,
                           Link link, const BagOfWordsOptions& options, const std::atomic<bool>* stop) {
  if (texts.empty()) throw data_error("there are no training examples");
  BagOfWords bag;
  bag.options_ = options;
  bag.link_ = link;
  bag.labels_ = std::move(labels);
  bag.count(texts);
  const auto outputs = int64_t(targets.size() / texts.size());
  const SparseDesign design = bag.rows(texts);
  LinearFit fit = fit_linear(design, targets, outputs, link,
                             {.inverse_penalty = options.inverse_penalty, .tolerance = options.tolerance, .stop = stop});
  bag.weights_ = rounded(std::move(fit.weights));
  bag.bias_ = rounded(std::move(fit.bias));
  bag.iterations_ = fit.iterations;
  bag.stopped_ = fit.stopped;
  return bag;
}

std::vector<double> BagOfWords::logits(std::span<const std::string> texts) const {
  const SparseDesign design = rows(texts);
  const size_t outputs = bias_.size();
  std::vector<double> logits(texts.size() * outputs);
  design.multiply(weights_, int64_t(outputs), logits);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] += bias_[i % outputs];
  return logits;
}

std::vector<double> BagOfWords::predict(std::span<const std::string> texts) const {
  std::vector<double> scores = logits(texts);
  apply_link(link_, int64_t(bias_.size()), scores);
  return scores;
}

void BagOfWords::save(const fs::path& path) const {
  const auto columns = int64_t(buckets_.size()), outputs = int64_t(bias_.size());
  const std::vector<float> idf = floats(idf_), weights = floats(weights_), bias = floats(bias_);
  const nlohmann::ordered_json options = {{"buckets", options_.buckets},
                                          {"longest", options_.longest},
                                          {"inverse_penalty", options_.inverse_penalty},
                                          {"link", kLinks[size_t(link_)]},
                                          {"labels", labels_}};
  write_safetensors(path,
                    {named("buckets", DType::i32, {columns}, buckets_), named("idf", DType::f32, {columns}, idf),
                     named("weights", DType::f32, {columns, outputs}, weights), named("bias", DType::f32, {outputs}, bias)},
                    {{"format", kFormat}, {"options", options.dump()}});
}

BagOfWords BagOfWords::load(const fs::path& path) {
  const Safetensors file(path);
  const auto format = file.metadata().find("format"), text = file.metadata().find("options");
  if (format == file.metadata().end() || format->second != kFormat || text == file.metadata().end()) {
    throw data_error("the file holds no bag of words").at(path.string());
  }
  const std::string place = path.string() + ": options";
  const nlohmann::json options = parse_json(text->second, place);
  BagOfWords bag;
  bag.options_.buckets = json_int(options, "buckets", place);
  bag.options_.longest = json_int(options, "longest", place);
  bag.options_.inverse_penalty = json_double(options, "inverse_penalty", place);
  bag.labels_ = json_strings(options, "labels", place);
  const std::string link = json_string(options, "link", place);
  const auto found = std::find(std::begin(kLinks), std::end(kLinks), link);
  if (found == std::end(kLinks) || bag.options_.buckets < 2) throw data_error("the options are not ones of ours").at(place);
  bag.link_ = Link(found - std::begin(kLinks));
  const int64_t columns = file.at("buckets").numel(), outputs = file.at("bias").numel();
  bag.buckets_ = values_of<int32_t>(file, "buckets", DType::i32, columns);
  if (!std::is_sorted(bag.buckets_.begin(), bag.buckets_.end())) throw data_error("buckets are not ascending").at(path.string());
  const auto idf = values_of<float>(file, "idf", DType::f32, columns);
  const auto bias = values_of<float>(file, "bias", DType::f32, outputs);
  if (file.at("weights").shape != std::vector<int64_t>{columns, outputs} || outputs == 0) {
    throw data_error("weights of shape {}; expected {}", shape_text(file.at("weights").shape),
                     shape_text(std::vector<int64_t>{columns, outputs}))
        .at(path.string());
  }
  const auto weights = values_of<float>(file, "weights", DType::f32, file.at("weights").numel());
  bag.idf_.assign(idf.begin(), idf.end());
  bag.bias_.assign(bias.begin(), bias.end());
  bag.weights_.assign(weights.begin(), weights.end());
  return bag;
}

}  // namespace espalier
