// Registry: name -> how to make a Product from options. Registries are explicit lists in a catalogue.cc, never statics
// that register themselves. The same list makes objects, names the nearest known kind, and documents the options.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/base/text.h"

namespace espalier {

template <class Product>
class Registry {
 public:
  struct Entry {
    std::string name, help;
    std::function<std::unique_ptr<Product>(const Value& options, const std::string& path)> make;
    std::function<std::vector<FieldDoc>()> options;
    std::function<Value(const Value& options, const std::string& path)> resolve;  // checked, defaults filled in
  };

  /// `what` is the noun for messages: "method", "optimizer".
  explicit Registry(std::string what) : what_(std::move(what)) {}

  /// Made is constructed from its Options.
  template <class Made, HasFields Options>
  Registry& add(std::string name, std::string help) {
    entries_.push_back(
        {std::move(name), std::move(help),
         [](const Value& v, const std::string& path) -> std::unique_ptr<Product> {
           return std::make_unique<Made>(read_options<Options>(v, path, {"kind"}));
         },
         [] { return document_options<Options>(); },
         [](const Value& v, const std::string& path) { return write_options(read_options<Options>(v, path, {"kind"})); }});
    return *this;
  }

  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& what() const { return what_; }

  /// Throws a usage Error naming the nearest known name and listing all.
  const Entry& find(const std::string& name, const std::string& place = "") const {
    std::vector<std::string> names;
    for (const Entry& e : entries_) {
      if (e.name == name) return e;
      names.push_back(e.name);
    }
    throw usage_error("{} '{}' is unknown{}", what_, printable(name), did_you_mean(name, names))
        .at(place)
        .hint("known: " + join(names, ", "));
  }
  /// `options` is an object with a "kind" key beside the options themselves.
  std::unique_ptr<Product> make(const Value& options, const std::string& path) const {
    const Value* kind = options.find("kind");
    if (kind == nullptr || kind->as_string() == nullptr) {
      throw usage_error("{}.kind is missing; expected the name of a {}", path, what_).at(options.place());
    }
    return find(*kind->as_string(), kind->place()).make(options, path);
  }

 private:
  std::string what_;
  std::vector<Entry> entries_;
};

}  // namespace espalier
