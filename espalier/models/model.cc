#include "espalier/models/model.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// The items whose path matches; an Error when none does.
template <class Item>
std::vector<Item*> select(const std::vector<Item*>& items, const std::string& pattern, const char* what) {
  std::vector<std::string> paths;
  for (Item* item : items) paths.push_back(item->path());
  std::vector<Item*> found;
  for (size_t i : Pattern(pattern).select(paths)) found.push_back(items[i]);
  if (found.empty()) {
    throw usage_error("the pattern '{}' matches no {}{}", pattern, what, did_you_mean(pattern, paths))
        .hint("`espalier show sites --model DIR` lists them all");
  }
  return found;
}

template <class Item>
Item& only(const std::vector<Item*>& items, const std::string& path, const char* what) {
  std::vector<std::string> paths;
  for (Item* item : items) {
    if (item->path() == path) return *item;
    paths.push_back(item->path());
  }
  throw usage_error("there is no {} '{}'{}", what, path, did_you_mean(path, paths));
}

}  // namespace

Model::Model(std::string family, const nlohmann::json& config, const std::function<std::unique_ptr<Backbone>(Model&)>& make)
    : Module(""),
      family_(std::move(family)),
      config_(std::make_unique<nlohmann::json>(config)),
      backbone_(make(*this)),
      names_(backbone_->names()) {}

Model::~Model() {
  while (!modifiers_.empty()) modifiers_.pop_back();
}

Tensor Model::encode(const Batch& batch, Pass& pass) {
  const std::shared_ptr<const Frame> own = backbone_->frame_of(batch);
  pass.frame = own;
  const Tensor hidden = backbone_->encode(batch, pass);
  const std::shared_ptr<const Frame> frame = pass.frame;
  if (frame->prompts == 0) return hidden;
  pass.frame = own;  // heads and losses see the batch's rows alone
  return hidden.size(0) == frame->rows() ? hidden.index_select(0, frame->text_rows()) : hidden;
}

Tensor Model::operator()(const Batch& batch, Pass& pass) {
  const bool pictures = facts().pictures.has_value();
  pass.frame = backbone_->frame_of(batch);
  return site.run(pictures ? batch.pixels : batch.ids, pass, [&](const Tensor& x) {
    Batch input = batch;
    (pictures ? input.pixels : input.ids) = x;
    if (head_ != nullptr && head_->reads_decoder() && !batch.target_frame) input = backbone_->read_again(input);
    pass.first_rows = head_ != nullptr && head_->first_rows();
    const Tensor hidden = encode(input, pass);
    pass.first_rows = false;
    return head_ != nullptr ? (*head_)(hidden, input, pass) : hidden;
  });
}

void Model::set_head(std::unique_ptr<Head> head) {
  head_.reset();
  head_ = std::move(head);
  names_ = under_head(backbone_->names(), head_ != nullptr ? head_use(head_->options()) : HeadUse::any);
}

Modifier& Model::attach(std::unique_ptr<Modifier> modifier, uint64_t seed) {
  if (this->modifier(modifier->name()) != nullptr) {
    throw usage_error("two methods are named '{}'; each needs a name of its own", modifier->name())
        .hint("give one of them another `name`");
  }
  modifier->attach(*this, seed);
  return *modifiers_.emplace_back(std::move(modifier));
}

Modifier* Model::modifier(const std::string& name) const {
  for (const auto& modifier : modifiers_) {
    if (modifier->name() == name) return modifier.get();
  }
  return nullptr;
}

void Model::detach(const std::string& name, bool cascade) {
  Modifier* gone = modifier(name);
  if (gone == nullptr) throw usage_error("no method named '{}' is attached", name);
  std::vector<std::string> standing;  // labels of wraps and edits on its places that are not its own
  auto note = [&](const std::vector<std::string>& labels) {
    for (const std::string& label : labels) {
      if (label != name && modifier(label) != nullptr && std::ranges::find(standing, label) == standing.end()) {
        standing.push_back(label);
      }
    }
  };
  gone->each_site([&](Site& s) { note(s.wrap_labels()); });
  gone->each_parameter([&](Parameter& p) { note(p.edit_labels()); });
  if (!standing.empty() && !cascade) {
    throw usage_error("'{}' cannot be removed: {} stands on it", name, espalier::join(standing, ", "))
        .hint("remove " + espalier::join(standing, ", ") + " first, or ask for both");
  }
  for (auto label = standing.rbegin(); label != standing.rend(); ++label) {
    if (modifier(*label) != nullptr) detach(*label, cascade);
  }
  gone->detach(*this);
  std::erase_if(modifiers_, [&](const auto& m) { return m.get() == gone; });
}

std::vector<Site*> Model::all_sites() {
  std::vector<Site*> all = Module::sites();
  for (const auto& modifier : modifiers_) modifier->each_site([&](Site& s) { all.push_back(&s); });
  return all;
}

std::vector<Parameter*> Model::base_parameters() {
  std::vector<Parameter*> base = Module::parameters();
  std::erase_if(base, [](Parameter* p) { return !p->defined(); });
  return base;
}

std::vector<Parameter*> Model::all_parameters() {
  std::vector<Parameter*> all = base_parameters();
  for (const auto& modifier : modifiers_) modifier->each_parameter([&](Parameter& p) { all.push_back(&p); });
  return all;
}

std::vector<Site*> Model::sites(const std::string& pattern) { return select(all_sites(), pattern, "place"); }

std::vector<Linear*> Model::linears(const std::string& pattern) {
  std::vector<Site*> linear_sites = all_sites();
  std::erase_if(linear_sites, [](Site* s) { return s->unit() != Unit::linear; });
  std::vector<Linear*> linears;
  for (Site* s : select(linear_sites, pattern, "linear place")) linears.push_back(dynamic_cast<Linear*>(&s->owner()));
  return linears;
}

std::vector<Parameter*> Model::parameters(const std::string& pattern) { return select(all_parameters(), pattern, "parameter"); }

Site& Model::site_at(const std::string& path) { return only(all_sites(), path, "place"); }
Parameter& Model::parameter_at(const std::string& path) { return only(all_parameters(), path, "parameter"); }

void Model::freeze() {
  for (Parameter* p : all_parameters()) p->train(false);
}

int64_t Model::size() {
  int64_t size = 0;
  for (Parameter* p : base_parameters()) size += p->size();
  return size;
}

}  // namespace espalier
