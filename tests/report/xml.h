// A strict little reader of XML, enough to say whether a picture is well-formed and to find its elements.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/text.h"

namespace espalier::support {

struct Element {
  std::string name, text;  // text: still escaped
  std::map<std::string, std::string> attributes;
};

/// The elements in document order; an unbalanced tag, a stray '<' or '&', or a repeated attribute is a test failure.
inline std::vector<Element> parse_xml(const std::string& xml) {
  std::vector<Element> out;
  std::vector<size_t> open;
  EXPECT_TRUE(valid_utf8(xml));
  size_t at = 0;
  const auto check_text = [](std::string_view text) {
    EXPECT_EQ(text.find_first_of("<>"), std::string_view::npos) << text;
    for (size_t i = text.find('&'); i != std::string_view::npos; i = text.find('&', i + 1)) {
      const std::string_view name = text.substr(i, text.find(';', i) - i + 1);
      EXPECT_TRUE(name == "&amp;" || name == "&lt;" || name == "&gt;" || name == "&quot;" || name == "&#39;") << name;
    }
  };
  while (at < xml.size()) {
    const size_t begin = xml.find('<', at);
    const std::string between = xml.substr(at, begin - at);
    check_text(between);
    if (!open.empty()) out[open.back()].text += between;
    if (begin == std::string::npos) break;
    const size_t end = xml.find('>', begin);
    if (end == std::string::npos) {
      ADD_FAILURE() << "a tag does not end";
      return out;
    }
    std::string tag = xml.substr(begin + 1, end - begin - 1);
    at = end + 1;
    if (tag.starts_with('/')) {
      if (open.empty() || out[open.back()].name != tag.substr(1)) {
        ADD_FAILURE() << "unbalanced </" << tag;
        return out;
      }
      open.pop_back();
      continue;
    }
    const bool closed = tag.ends_with('/');
    if (closed) tag.pop_back();
    Element element{tag.substr(0, tag.find(' ')), "", {}};
    for (size_t i = element.name.size(); i < tag.size();) {
      const size_t equals = tag.find("=\"", i), quote = tag.find('"', equals + 2);
      if (equals == std::string::npos || quote == std::string::npos) {
        EXPECT_EQ(trim(tag.substr(i)), "") << tag;
        break;
      }
      const std::string key(trim(tag.substr(i, equals - i))), value = tag.substr(equals + 2, quote - equals - 2);
      check_text(value);
      EXPECT_TRUE(element.attributes.emplace(key, value).second) << "twice: " << key;
      i = quote + 1;
    }
    out.push_back(std::move(element));
    if (!closed) open.push_back(out.size() - 1);
  }
  EXPECT_TRUE(open.empty()) << "an element is left open";
  return out;
}

inline std::vector<Element> with_class(const std::vector<Element>& all, const std::string& name) {
  std::vector<Element> out;
  for (const Element& e : all) {
    const auto found = e.attributes.find("class");
    if (found != e.attributes.end() && found->second == name) out.push_back(e);
  }
  return out;
}

}  // namespace espalier::support
