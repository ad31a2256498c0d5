#include "group.hpp"

#include <algorithm>

namespace leat::batch {
namespace {

bool same(leat_bytes a, leat_bytes b) { return present(a) == present(b) && view(a) == view(b); }

}  // namespace

void Group::open(Services services, const leat_message& first, holding::Id place, holding::Id value, int64_t due_ns) {
    place_ = place;
    value_ = value;
    due_ns_ = due_ns;
    first_ = first;
    leat_buffer_retain(first_.buffer, 1);
    compact(services, first_);
    same_key_ = true;
    const uint32_t headers = std::min(first.header_count, kMostHeaders);
    shared_headers_ = headers == 64 ? ~uint64_t{0} : (uint64_t{1} << headers) - 1;
}

void Group::add(const leat_message& message) {
    parts_.push_back({message.receipt, message.lane, message.payload.size});
    body_.append(view(message.payload));
    if (parts_.size() == 1) return;
    same_key_ = same_key_ && same(message.key, first_.key);
    if (shared_headers_) compare_headers(message);
}

void Group::compare_headers(const leat_message& message) {
    for (uint32_t i = 0; i < std::min(first_.header_count, kMostHeaders); ++i) {
        if (!(shared_headers_ >> i & 1)) continue;
        const leat_header& wanted = first_.headers[i];
        const leat_header* end = message.headers + message.header_count;
        const bool is_there = std::any_of(message.headers, end, [&](const leat_header& h) {
            return same(h.name, wanted.name) && same(h.value, wanted.value);
        });
        if (!is_there) shared_headers_ &= ~(uint64_t{1} << i);
    }
}

leat_message Group::merge(Services services, Format format, uint32_t lane) {
    leat_message merged = first_;
    const size_t table = first_.header_count * sizeof(leat_header);
    const size_t size = merged_size(format, parts_.size(), body_.size());
    void* data = nullptr;
    merged.buffer = services.host->buffer_new(services.me, table + size + 1, &data);
    if (first_.buffer) services.host->buffer_adopt(merged.buffer, first_.buffer, 1);
    first_.buffer = nullptr;

    auto* headers = static_cast<leat_header*>(data);
    merged.header_count = 0;
    for (uint32_t i = 0; i < std::min(first_.header_count, kMostHeaders); ++i) {
        if (shared_headers_ >> i & 1) headers[merged.header_count++] = first_.headers[i];
    }
    merged.headers = merged.header_count ? headers : nullptr;
    char* at = static_cast<char*>(data) + table;
    Merger merger(format, at);
    const char* from = body_.data();
    for (const Part& part : parts_) {  // hot: per message
        merger.add({from, part.size});
        from += part.size;
    }
    merger.finish();
    merged.payload = {at, size};
    if (!same_key_) merged.key = kAbsent;
    merged.lane = lane;
    merged.receipt = {};
    close();
    return merged;
}

void Group::close() {
    leat_buffer_release(first_.buffer, 1);
    first_.buffer = nullptr;
    body_.clear();
}

void Group::remove_lane(uint32_t lane, std::vector<Part>& removed) {
    std::string body;
    size_t at = 0;
    std::erase_if(parts_, [&](const Part& part) {
        const bool goes = part.lane == lane;
        if (goes) {
            removed.push_back(part);
        } else {
            body.append(body_, at, part.size);
        }
        at += part.size;
        return goes;
    });
    body_.swap(body);
}

}  // namespace leat::batch
