#include "conformance/envelopes.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::test {
namespace {

const std::string kBinary = "\xff\xfe\x80 no UTF-8";

std::string every_byte() {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    return all;
}

std::string shown(const std::optional<std::string>& text) { return text ? '"' + *text + '"' : "absent"; }

std::string header_differences(const Sample& sent, const Sample& arrived, const Envelope& envelope) {
    std::string found;
    for (const auto& [name, value] : sent.headers) {
        const auto got = arrived.header(name);
        if (!envelope.headers && got) found += "header " + name + " came; ";
        if (envelope.headers && got != value) found += "header " + name + " is " + shown(got) + "; ";
    }
    const auto named = [&](const std::string& name) {
        return [&name](const auto& header) { return header.first == name; };
    };
    for (const auto& [name, value] : arrived.headers) {
        const auto sent_times = std::count_if(sent.headers.begin(), sent.headers.end(), named(name));
        const auto times = std::count_if(arrived.headers.begin(), arrived.headers.end(), named(name));
        if (sent_times != 0 && times != sent_times) found += "header " + name + " came another number of times; ";
    }
    return found;
}

}  // namespace

std::vector<Sample> envelopes(const std::vector<std::string>& topics) {
    std::vector<Sample> all;
    for (const auto& topic : topics) all.push_back({.topic = topic, .key = "key", .payload = "plain"});
    all.at(0).headers = {{"plain", "value"},
                         {"unit",
                          "\xc2\xb0"
                          "C"},
                         {"n", "1"}};
    all.at(1).payload = every_byte();
    all.at(1).key = "k\xc3\xa9y";
    all.at(2).payload = "";
    all.at(2).headers = {{"plain", "of an empty one"}};
    all.at(3).payload.reset();
    all.at(3).headers = {{"plain", "of an absent one"}};
    all.at(4).headers = {{"binary", kBinary}};
    all.at(5).key.reset();
    all.at(5).headers = {{"blank", ""}, {"plain", "behind it"}};
    return all;
}

bool has_binary_header(const Sample& sample) { return sample.header("binary").has_value(); }

const Sample& find_by_topic(const std::vector<Sample>& samples, const std::string& topic) {
    const auto it = std::find_if(samples.begin(), samples.end(), [&](const Sample& s) { return s.topic == topic; });
    if (it == samples.end()) throw std::out_of_range("nothing was sent to " + topic);
    return *it;
}

std::string differences(const Sample& sent, const Sample& arrived, const Envelope& envelope) {
    std::string found;
    const auto key = envelope.key ? sent.key : std::nullopt;
    if (arrived.key != key) found += "the key is " + shown(arrived.key) + "; ";
    auto payload = sent.payload;
    if (!payload && !envelope.absent_payload) payload = "";
    if (arrived.payload != payload) found += "the payload is " + shown(arrived.payload) + "; ";
    return found + header_differences(sent, arrived, envelope);
}

}  // namespace leat::test
