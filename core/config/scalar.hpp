// One JSON value as a typed one. A string may stand for a number or boolean only when ${env:} or ${file:} filled it
// in.
//
// On failure each returns nothing and a sentence in `error`: what was expected and what was found. The sentence never
// repeats a value that was filled in, because that may be a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::config {

struct Node;

std::optional<std::string> text_of(const Node& node, std::string& error);
std::optional<int64_t> integer_of(const Node& node, std::string& error);
std::optional<double> number_of(const Node& node, std::string& error);
std::optional<bool> boolean_of(const Node& node, std::string& error);
std::optional<std::chrono::nanoseconds> duration_of(const Node& node, std::string& error);
std::optional<uint64_t> size_of(const Node& node, std::string& error);

// Per second; also a plain number, and 0 for unlimited.
std::optional<double> rate_of(const Node& node, std::string& error);

// The index of one of `words`; a number stands for the word that looks the same ("version": 5).
std::optional<size_t> word_of(const Node& node, const std::vector<std::string_view>& words, std::string& error);

// scheme://[user[:password]@]host[:port][/...]
std::optional<std::string> url_of(const Node& node, std::string& error);

}  // namespace leat::config
