// parity_pictures: one command a line on standard input, one answer each on standard output: "ok" and the shape, a line end, the
// bytes; or "error" and the message. The commands are those of kCommands.
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/image_color.h"
#include "espalier/io/image_processor.h"

namespace {

using namespace espalier;
using Words = std::vector<std::string>;

void answer(const Image& image) {
  fmt::print("ok {} {} {}\n", image.height, image.width, image.channels);
  std::fwrite(image.pixels.data(), 1, image.pixels.size(), stdout);
}

void answer(const std::vector<float>& numbers) {
  fmt::print("ok {}\n", numbers.size());
  std::fwrite(numbers.data(), sizeof numbers[0], numbers.size(), stdout);
}

int64_t number(const std::string& word) { return parse_int(word).value(); }

const std::map<std::string, std::function<void(const Words&)>> kCommands{
    // decode FILE: upright or as it lies
    {"decode", [](const Words& words) { answer(read_image(words.at(1), {.upright = words.at(2) == "upright"})); }},
    // resize FILE WIDTH HEIGHT FILTER
    {"resize",
     [](const Words& words) {
       answer(resized(read_image(words.at(1)), number(words.at(2)), number(words.at(3)), Resample(number(words.at(4)))));
     }},
    // process FOLDER FILE
    {"process", [](const Words& words) { answer(read_image_processor(words.at(1))(read_image(words.at(2)))); }},
    // change FILE NAME AMOUNT: one of image_color.h
    {"change",
     [](const Words& words) {
       const Image image = read_image(words.at(1));
       const std::string& name = words.at(2);
       const double amount = parse_double(words.at(3)).value();
       if (name == "brightness") return answer(brightened(image, amount));
       if (name == "contrast") return answer(contrasted(image, amount));
       if (name == "saturation") return answer(saturated(image, amount));
       if (name == "sharpness") return answer(sharpened(image, amount));
       if (name == "hue") return answer(hue_shifted(image, amount));
       if (name == "posterize") return answer(posterized(image, int(amount)));
       if (name == "solarize") return answer(solarized(image, int(amount)));
       if (name == "autocontrast") return answer(autocontrasted(image));
       if (name == "equalize") return answer(equalized(image));
       throw usage_error("no change is called {}", name);
     }},
    // time FOLDER FILE...: pictures a second, decoded and processed one after the other
    {"time",
     [](const Words& words) {
       const ImageProcessor processor = read_image_processor(words.at(1));
       const auto start = std::chrono::steady_clock::now();
       for (size_t i = 2; i < words.size(); ++i) processor(read_image(words[i]));
       const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
       answer(std::vector<float>{float(seconds)});
     }},
};

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      const Words words = split(line, '\t');
      kCommands.at(words.at(0))(words);
    } catch (const std::exception& error) {
      fmt::print("error {}\n", replace_all(error.what(), "\n", " "));
    }
    std::fflush(stdout);
  }
  return 0;
}
