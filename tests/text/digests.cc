#include "tests/text/digests.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "espalier/base/files.h"
#include "espalier/text/tokenizer.h"

namespace espalier {
namespace {

std::string unpacked(const nlohmann::json& text) {
  if (text.is_string()) return text;
  std::string whole;
  for (int i = 0; i < text[1].get<int>(); ++i) whole += text[0].get<std::string>();
  return whole;
}

std::string digest(std::string_view bytes) { return sha256(bytes).substr(0, 12); }

std::string found_digests(const Tokenizer& tokenizer, const Encoding& encoding, bool decoded) {
  std::vector<int32_t> numbers = encoding.ids;
  for (const auto& [begin, end] : encoding.offsets) numbers.push_back(begin);
  for (const auto& [begin, end] : encoding.offsets) numbers.push_back(end);
  numbers.insert(numbers.end(), encoding.words.begin(), encoding.words.end());
  const std::string text = decoded ? tokenizer.decode(encoding.ids) : "";
  return fmt::format("{} {} {}", encoding.size(),
                     digest({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof numbers[0]}),
                     decoded ? digest(text) : "-");
}

}  // namespace

void expect_digests(const std::string& folder, const std::vector<std::string>& names) {
  const fs::path oracle = fs::path(ESPALIER_TESTS_DIR) / "oracle" / folder;
  std::ifstream file(oracle / "lines.jsonl");
  ASSERT_TRUE(file) << oracle;
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  for (const std::string& name : names) tokenizers[name] = load_tokenizer(oracle / name);
  int compared = 0;
  for (std::string row; std::getline(file, row); ++compared) {
    const nlohmann::json line = nlohmann::json::parse(row);
    const std::string text = unpacked(line["text"]);
    EXPECT_EQ(line["expected"].size(), names.size());
    for (const auto& [name, expected] : line["expected"].items()) {
      const Encoding encoding = tokenizers.at(name)->encode(text);
      const bool decoded = !expected.get<std::string>().ends_with('-');
      EXPECT_EQ(found_digests(*tokenizers.at(name), encoding, decoded), expected)
          << name << " " << line["text"].dump().substr(0, 300) << "\nids "
          << fmt::format("{}", fmt::join(encoding.ids.begin(), encoding.ids.begin() + std::min<size_t>(encoding.size(), 60), " "))
          << "\ndecoded " << tokenizers.at(name)->decode(encoding.ids).substr(0, 300);
    }
  }
  EXPECT_GT(compared, 120);
}

}  // namespace espalier
