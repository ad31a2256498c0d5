#include "route/dressing.hpp"

#include "runtime/services.hpp"

#include <leat/sdk/flow/settle.hpp>

#include <algorithm>
#include <utility>

namespace leat::route {

Dressing::Dressing(std::vector<std::pair<std::string, const leat_template*>> headers,
                   std::chrono::nanoseconds max_age)
    : max_age_(max_age), arena_(Services{runtime::services(), nullptr}) {
    for (auto& [name, value] : headers) headers_.push_back({std::move(name), Template(runtime::services(), value)});
    values_.resize(headers_.size());
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        leat_inlet* sink = static_cast<Inlet*>(i)->owner->sink_;
        sink->signal(sink, what, arg);
    };
    inlet_.owner = this;
}

void Dressing::push(leat_message* batch, size_t n) {
    const int64_t oldest =
        max_age_.count() ? std::chrono::system_clock::now().time_since_epoch().count() - max_age_.count() : 0;
    size_t left = 0;
    {
        Settlements ended;
        std::string why;
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            leat_message& m = batch[i];
            if (m.timestamp_ns != 0 && m.timestamp_ns < oldest) {
                ended.end(m, LEAT_ACK, LEAT_DROPPED);
            } else if (!headers_.empty() && !dress(m, why)) {
                ended.end(m, LEAT_REJECT, LEAT_NONE, why);
            } else {
                batch[left++] = m;
            }
        }
    }
    if (left) sink_->push(sink_, batch, left);
    arena_.close();
}

// Adds the headers; one of the same name is replaced. False: a value is missing.
bool Dressing::dress(leat_message& m, std::string& why) {
    size_t size = (m.header_count + headers_.size()) * sizeof(leat_header);
    for (size_t i = 0; i < headers_.size(); ++i) {
        const Template::Result value = headers_[i].value(m);
        if (!value.ok) {
            why = "header \"" + headers_[i].name + "\": " + std::string(view(value.text));
            return false;
        }
        values_[i] = value.text;
        size += headers_[i].name.size() + value.text.size;
    }
    char* memory = arena_.reserve(size);
    auto* table = reinterpret_cast<leat_header*>(memory);
    Packer packer(memory + (m.header_count + headers_.size()) * sizeof(leat_header));
    uint32_t count = 0;
    for (uint32_t i = 0; i < m.header_count; ++i) {
        const auto is_replaced = [&](const Header& h) { return h.name == view(m.headers[i].name); };
        if (std::none_of(headers_.begin(), headers_.end(), is_replaced)) table[count++] = m.headers[i];
    }
    for (size_t i = 0; i < headers_.size(); ++i) {
        table[count].name = packer.put(bytes(headers_[i].name));
        table[count++].value = packer.put(values_[i]);
    }
    m.headers = table;
    m.header_count = count;
    arena_.attach(m);
    return true;
}

}  // namespace leat::route
