#include "espalier/text/word_cache.h"

#include <functional>

namespace espalier {

WordCache::WordCache() : slots_(std::make_unique<std::atomic<const Entry*>[]>(kSlots)) {}

WordCache::~WordCache() {
  for (size_t i = 0; i < kSlots; ++i) delete slots_[i].load(std::memory_order_relaxed);
}

const std::vector<Piece>* WordCache::find(std::string_view word) const {
  const size_t first = std::hash<std::string_view>()(word);
  for (size_t i = 0; i < kProbes; ++i) {
    const Entry* entry = slots_[(first + i) % kSlots].load(std::memory_order_acquire);
    if (entry == nullptr) return nullptr;
    if (entry->word == word) return &entry->pieces;
  }
  return nullptr;
}

void WordCache::add(std::string_view word, std::span<const Piece> pieces) {
  const size_t first = std::hash<std::string_view>()(word);
  std::unique_ptr<const Entry> made;
  for (size_t i = 0; i < kProbes; ++i) {
    std::atomic<const Entry*>& slot = slots_[(first + i) % kSlots];
    const Entry* there = slot.load(std::memory_order_acquire);
    if (there == nullptr) {
      if (made == nullptr) made = std::make_unique<const Entry>(Entry{std::string(word), {pieces.begin(), pieces.end()}});
      if (slot.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) {
        static_cast<void>(made.release());
        return;
      }
    }
    if (there->word == word) return;
  }
}

}  // namespace espalier
