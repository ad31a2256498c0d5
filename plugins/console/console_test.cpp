#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "sink.hpp"
#include "source.hpp"
#include "support/folder.hpp"
#include "support/stepped_host.hpp"

using namespace std::chrono_literals;
using namespace leat::console;
using namespace leat::test;

namespace {

/** A pipe whose ends a test closes as it likes. */
struct Pipe {
    int out = -1, in = -1;
    Pipe() {
        int fds[2];
        REQUIRE(::pipe(fds) == 0);
        out = fds[0];
        in = fds[1];
    }
    ~Pipe() {
        close_out();
        close_in();
    }
    void close_out() { out = out >= 0 ? (::close(out), -1) : -1; }
    void close_in() { in = in >= 0 ? (::close(in), -1) : -1; }
    void write(std::string_view text) {
        REQUIRE(::write(in, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    std::string read(size_t most = 1 << 20) {
        std::string text(most, '\0');
        const ssize_t n = ::read(out, text.data(), most);
        text.resize(n > 0 ? static_cast<size_t>(n) : 0);
        return text;
    }
};

struct SourceFixture {
    SteppedHost host;
    Instance me{host};
    Pipe pipe;
    Collector below;
    std::unique_ptr<Source> source;

    void make(const SourceOptions& options, uint64_t in_flight = 1024) {
        me.identity.max_in_flight = in_flight;
        source = std::make_unique<Source>(options, pipe.out);
        source->attach(host.setup(me));
        source->open();
        start();
    }
    void start() {
        me.stopped = false;
        source->c()->start(source->c(), &below);
        host.run();
    }
};

struct SinkFixture {
    SteppedHost host;
    Instance me{host};
    Told told;
    uint64_t sent = 0;

    std::unique_ptr<Sink> make(const SinkOptions& options, Output& output) {
        auto sink = std::make_unique<Sink>(options, output);
        sink->attach(host.setup(me));
        sink->open();
        sink->c()->start(sink->c(), nullptr);
        return sink;
    }
    void push(Sink& sink, std::string_view payload) {
        leat_message m = make_message(host, me, "t", "k", payload, {&told, sent++});
        sink.c()->inlet->push(sink.c()->inlet, &m, 1);
    }
};

}  // namespace

TEST_CASE("lines become messages as they come, the last one without a newline too") {
    SourceFixture f;
    f.make({});
    f.pipe.write("one\ntw");
    f.host.run();
    CHECK(f.below.payloads == std::vector<std::string>{"one"});
    f.pipe.write("o\r\n\nlast");
    f.host.run();
    f.pipe.close_in();
    f.host.run();
    CHECK(f.below.payloads == std::vector<std::string>{"one", "two", "", "last"});
    CHECK(leat::view(f.below.messages[0].topic) == "stdin");
    CHECK_FALSE(leat::present(f.below.messages[0].key));
    CHECK(f.me.log.back() == "standard input has ended");
    f.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(f.source->c()->flow->landed == 4);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("reading stops when the credit is used up") {
    SourceFixture f;
    f.make({}, 2);
    f.pipe.write("1\n2\n3\n4\n5\n");
    f.host.run();
    CHECK(f.below.payloads.size() == 2);
    f.pipe.write("6\n");
    f.host.run();
    CHECK(f.below.payloads.size() == 2);
    for (int i = 0; i < 3; ++i) {
        f.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(f.below.payloads == std::vector<std::string>{"1", "2", "3", "4", "5", "6"});
    f.below.settle_all(LEAT_ACK);
}

TEST_CASE("JSON lines carry topic, key and headers; a broken one is left out and said") {
    SourceFixture f;
    SourceOptions options;
    options.format = InputFormat::json;
    f.make(options);
    f.pipe.write(
        "{\"topic\":\"a\",\"key\":\"k\",\"payload\":\"p\",\"headers\":{\"h\":\"v\"}}\nnonsense\n{\"payload\":\"q\"}"
        "\n");
    f.host.run();
    REQUIRE(f.below.payloads == std::vector<std::string>{"p", "q"});
    const leat_message& m = f.below.messages[0];
    CHECK(leat::view(m.topic) == "a");
    CHECK(leat::view(m.key) == "k");
    CHECK(leat::view(*leat::find_header(m, "h")) == "v");
    CHECK(leat::view(f.below.messages[1].topic) == "stdin");
    CHECK(f.me.log == std::vector<std::string>{"line 2 of standard input is left out: the line is no JSON"});
    f.below.settle_all(LEAT_ACK);
}

TEST_CASE("a line longer than max_line stops the route") {
    SourceFixture f;
    SourceOptions options;
    options.max_line = {1000};
    f.make(options);
    f.pipe.write("ok\n" + std::string(2000, 'x'));
    f.host.run();
    CHECK(f.me.state == LEAT_STATE_FAILED);
    CHECK(f.me.why == "line 2 is longer than max_line (1000 bytes)");
    f.below.settle_all(LEAT_ACK);
}

TEST_CASE("what a stop abandoned is emitted again at the next start, before new lines") {
    SourceFixture f;
    f.make({});
    f.pipe.write("1\n2\n3\n");
    f.host.run();
    f.below.settle(1, LEAT_ACK);
    f.below.settle(0, LEAT_ABANDON);
    f.below.settle(2, LEAT_ABANDON);
    f.source->c()->stop(f.source->c());
    f.start();
    f.pipe.write("4\n");
    f.host.run();
    CHECK(f.below.payloads == std::vector<std::string>{"1", "2", "3", "1", "3", "4"});
    for (size_t i : {3u, 4u, 5u}) f.below.settle(i, LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a printed line is acknowledged when the system has taken it") {
    SinkFixture f;
    Pipe pipe;
    Output output(pipe.in);
    auto sink = f.make({}, output);
    f.push(*sink, "hello");
    CHECK(pipe.read() == "hello\n");
    CHECK(f.told.count(LEAT_ACK) == 1);
    SinkOptions json;
    json.format = OutputFormat::json;
    auto other = f.make(json, output);
    f.push(*other, "x");
    CHECK(pipe.read() == "{\"topic\":\"t\",\"key\":\"k\",\"payload\":\"x\"}\n");
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a reader that does not read holds messages back, and nothing is cut or mixed") {
    SinkFixture f;
    Pipe pipe;
    Output output(pipe.in);
    auto first = f.make({}, output);
    auto second = f.make({}, output);
    const std::string a(200'000, 'a'), b(100'000, 'b');
    f.push(*first, a);
    f.push(*second, b);
    f.push(*first, a);
    f.host.run();
    CHECK(f.told.all.empty());
    std::string seen;
    while (f.told.all.size() < 3) {
        seen += pipe.read();
        f.host.advance(1ms);
    }
    while (seen.size() < 500'003) seen += pipe.read();
    CHECK(f.told.count(LEAT_ACK) == 3);
    const bool together = seen == a + "\n" + a + "\n" + b + "\n";
    const bool between = seen == a + "\n" + b + "\n" + a + "\n";
    CHECK((together || between));
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a closed output fails the route and abandons what was not taken, without SIGPIPE") {
    SinkFixture f;
    Pipe pipe;
    Output output(pipe.in);
    auto sink = f.make({}, output);
    pipe.close_out();
    f.push(*sink, "lost?");
    CHECK(f.me.state == LEAT_STATE_FAILED);
    CHECK(f.me.why == "standard output was closed by its reader");
    CHECK(f.told.count(LEAT_ABANDON) == 1);  // now: the drain would wait for it
    f.push(*sink, "and what comes behind it");
    CHECK(f.told.count(LEAT_ABANDON) == 2);
    sink->c()->stop(sink->c());
    CHECK(f.told.all.size() == 2);
    CHECK(f.me.stopped);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a file takes all at once") {
    SinkFixture f;
    Folder folder;
    const int fd = ::open((folder / "out").c_str(), O_CREAT | O_WRONLY, 0600);
    {
        Output output(fd);
        auto sink = f.make({}, output);
        f.push(*sink, "1");
        f.push(*sink, "2");
        CHECK(f.told.count(LEAT_ACK) == 2);
    }
    ::close(fd);
    CHECK(read_file(folder / "out") == "1\n2\n");
}

TEST_CASE("the format null acknowledges without printing") {
    SinkFixture f;
    Pipe pipe;
    Output output(pipe.in);
    SinkOptions options;
    options.format = OutputFormat::null;
    auto sink = f.make(options, output);
    f.push(*sink, "x");
    CHECK(f.told.count(LEAT_ACK) == 1);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("an unknown word in show is refused") {
    Pipe pipe;
    Output output(pipe.in);
    SinkOptions options;
    options.show = {"payload"};
    CHECK_THROWS_WITH(Sink(options, output), "show: \"payload\" is none of topic, key, headers");
}
