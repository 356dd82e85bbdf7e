#include "espalier/io/image_color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace espalier {
namespace {

// from + factor (to - from), truncated and clipped, as Pillow's Image.blend.
Image blended(Image from, const Image& to, double factor) {
  const float share = float(factor);
  for (size_t i = 0; i < from.pixels.size(); ++i) {
    const int start = from.pixels[i];
    from.pixels[i] = uint8_t(std::clamp(float(start) + share * float(to.pixels[i] - start), 0.0F, 255.0F));
  }
  return from;
}

using Table = std::array<uint8_t, 256>;

template <class Make>
Image by_channel(const Image& image, Make make) {
  Image out = image;
  for (int64_t c = 0; c < image.channels; ++c) {
    std::array<int64_t, 256> histogram{};
    for (size_t i = size_t(c); i < out.pixels.size(); i += size_t(image.channels)) ++histogram[out.pixels[i]];
    const Table table = make(histogram);
    for (size_t i = size_t(c); i < out.pixels.size(); i += size_t(image.channels)) out.pixels[i] = table[out.pixels[i]];
  }
  return out;
}

template <class Map>
Table table_of(Map map) {
  Table table;
  for (int i = 0; i < 256; ++i) table[size_t(i)] = uint8_t(std::clamp<int64_t>(map(i), 0, 255));
  return table;
}

template <class Map>
Image mapped(Image image, Map map) {
  const Table table = table_of(map);
  for (uint8_t& sample : image.pixels) sample = table[sample];
  return image;
}

uint8_t clipped(double value) { return uint8_t(std::clamp(int(value), 0, 255)); }

// Pillow's rgb2hsv_row and hsv2rgb, with its mixture of float and double.
void shift_hue(uint8_t* pixel, uint8_t shift) {
  const int red = pixel[0], green = pixel[1], blue = pixel[2];
  const int most = std::max({red, green, blue}), least = std::min({red, green, blue});
  uint8_t hue = 0, saturation = 0;
  if (most != least) {
    const float range = float(most - least), share = range / float(most);
    const float r = float(most - red) / range, g = float(most - green) / range, b = float(most - blue) / range;
    float turn = red == most ? b - g : green == most ? float(2.0 + double(r) - double(b)) : float(4.0 + double(g) - double(r));
    turn = float(std::fmod(double(turn) / 6.0 + 1.0, 1.0));
    hue = clipped(double(turn) * 255.0);
    saturation = clipped(double(share) * 255.0);
  }
  hue = uint8_t(hue + shift);
  if (saturation == 0) {
    std::fill_n(pixel, 3, uint8_t(most));
    return;
  }
  const int sector = int(std::floor(double(float(hue)) * 6.0 / 255.0));
  const float rest = float(double(float(hue)) * 6.0 / 255.0 - double(float(sector))),
              share = float(double(float(saturation)) / 255.0);
  const auto part = [&](double kept) { return clipped(std::round(double(float(most)) * kept)); };
  const uint8_t v = uint8_t(most), p = part(1.0 - double(share)), q = part(1.0 - double(share * rest));
  const uint8_t t = part(1.0 - double(share) * (1.0 - double(rest)));
  const uint8_t sectors[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  std::copy_n(sectors[sector % 6], 3, pixel);
}

}  // namespace

Image brightened(const Image& image, double factor) {
  return blended(Image(image.width, image.height, image.channels), image, factor);
}

Image contrasted(const Image& image, double factor) {
  const Image grey = to_grey(image);
  const int64_t sum = std::accumulate(grey.pixels.begin(), grey.pixels.end(), int64_t{0});
  Image mean(image.width, image.height, image.channels);
  std::fill(mean.pixels.begin(), mean.pixels.end(), uint8_t(double(sum) / double(grey.pixels.size()) + 0.5));
  return blended(std::move(mean), image, factor);
}

Image saturated(const Image& image, double factor) {
  return image.channels == 1 ? image : blended(to_rgb(to_grey(image)), image, factor);
}

Image sharpened(const Image& image, double factor) {
  Image smooth = image;  // the outermost pixels stay
  const int64_t across = image.channels, down = image.width * image.channels;
  for (int64_t y = 1; y + 1 < image.height; ++y) {
    for (int64_t i = across; i + across < down; ++i) {
      const uint8_t* from = image.row(y) + i;
      int sum = 4 * *from;
      for (const int64_t row : {-down, int64_t{0}, down}) sum += from[row - across] + from[row] + from[row + across];
      smooth.row(y)[i] = uint8_t((2 * sum + 13) / 26);
    }
  }
  return blended(std::move(smooth), image, factor);
}

Image hue_shifted(const Image& image, double shift) {
  Image out = image;
  if (image.channels == 1) return out;
  const uint8_t turn = uint8_t(int(shift * 255));
  for (size_t i = 0; i < out.pixels.size(); i += 3) shift_hue(&out.pixels[i], turn);
  return out;
}

Image posterized(const Image& image, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  return mapped(image, [&](int sample) { return sample & mask; });
}

Image solarized(const Image& image, int threshold) {
  return mapped(image, [&](int sample) { return sample < threshold ? sample : 255 - sample; });
}

Image autocontrasted(const Image& image) {
  return by_channel(image, [](const std::array<int64_t, 256>& histogram) {
    int low = 0, high = 255;
    while (low < 255 && histogram[size_t(low)] == 0) ++low;
    while (high > 0 && histogram[size_t(high)] == 0) --high;
    const double scale = high <= low ? 1 : 255.0 / (high - low), offset = high <= low ? 0 : -low * scale;
    return table_of([&](int sample) { return int64_t(sample * scale + offset); });
  });
}

Image equalized(const Image& image) {
  return by_channel(image, [](const std::array<int64_t, 256>& histogram) {
    int64_t sum = 0, last = 0;
    for (const int64_t count : histogram) {
      sum += count;
      if (count != 0) last = count;
    }
    const int64_t step = (sum - last) / 255;
    int64_t before = step / 2;
    return table_of([&](int sample) {
      if (step == 0) return int64_t{sample};
      const int64_t level = before / step;
      before += histogram[size_t(sample)];
      return level;
    });
  });
}

}  // namespace espalier
