// What every sink has, whatever its backend: "headers" from templates, and "max_age". Sits between the sink and its
// policy, so a retry dresses the message anew and a dead letter carries it undressed.
//
// On the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/services.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace leat::route {

class Dressing {
  public:
    Dressing(std::vector<std::pair<std::string, const leat_template*>> headers, std::chrono::nanoseconds max_age);
    Dressing(const Dressing&) = delete;
    Dressing& operator=(const Dressing&) = delete;

    void open(leat_inlet* sink) { sink_ = sink; }
    leat_inlet* inlet() { return &inlet_; }

  private:
    struct Header {
        std::string name;
        Template value;
    };
    struct Inlet : leat_inlet {
        Dressing* owner;
    };

    void push(leat_message* batch, size_t n);
    bool dress(leat_message& message, std::string& why);

    std::vector<Header> headers_;
    std::chrono::nanoseconds max_age_;  // 0: no limit
    Inlet inlet_;
    leat_inlet* sink_ = nullptr;
    Arena arena_;
    std::vector<leat_bytes> values_;  // of the message at hand
};

}  // namespace leat::route
