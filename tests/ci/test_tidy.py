"""Plants each violation that ci/tidy.py knows into a small tree and expects to see it found."""
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "ci"))
import tidy  # noqa: E402

HEADER = "// What this file is for.\n"
LAYERS = "set(MUSTER_LAYER_base 0)\nset(MUSTER_LAYER_drill 2)\nset(MUSTER_LAYER_net 4)\n"


class Tree(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = self.scratch.name
        self.write("cmake/MusterLayers.cmake", LAYERS)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def rules(self):
        findings, _ = tidy.check_tree(self.root)
        findings = tidy.apply_exceptions(findings, self.root, "none")
        return sorted(f"{f.rule} {f.path}" for f in findings)

    def rules_of(self, path, text):
        self.write(path, text)
        return [entry.split()[0] for entry in self.rules() if entry.endswith(" " + path)]


class Bans(Tree):
    def test_each_effect_is_refused_in_pure_code_and_allowed_at_the_edge(self):
        cases = {
            "clock": "auto t = std::chrono::steady_clock::now();",
            "random": "std::random_device d;",
            "getenv": 'const char* home = std::getenv("HOME");',
            "thread": "std::thread worker;",
            "asio": "#include <boost/asio/io_context.hpp>",
        }
        for rule, line in cases.items():
            with self.subTest(rule):
                self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + line + "\n"), [rule])
                self.assertEqual(self.rules_of("libs/probes/x.cpp", HEADER + line + "\n"), [])

    def test_each_spelling_of_a_clock_read_sleep_and_thread_is_seen(self):
        for line in ("clock_gettime(CLOCK_REALTIME, &t);", "x = time(nullptr);",
                     "system_clock::now()", "gettimeofday(&t, nullptr);"):
            with self.subTest(line):
                self.assertEqual(self.rules_of("libs/load/x.cpp", HEADER + line + "\n"), ["clock"])
        for line in ("std::this_thread::sleep_for(s);", "usleep(1);", "::sleep(1);"):
            with self.subTest(line):
                self.assertEqual(self.rules_of("libs/load/x.cpp", HEADER + line + "\n"), ["sleep"])
        for line in ("std::jthread t;", "std::async(f);", "pthread_create(&t, a, f, p);"):
            with self.subTest(line):
                self.assertEqual(self.rules_of("libs/load/x.cpp", HEADER + line + "\n"), ["thread"])

    def test_tests_may_not_sleep_even_at_the_edge(self):
        line = "std::this_thread::sleep_for(std::chrono::seconds(1));\n"
        self.assertEqual(self.rules_of("tests/net/x.cpp", line), ["sleep"])
        self.assertEqual(self.rules_of("libs/net/x.cpp", HEADER + line), [])

    def test_each_library_stays_in_its_folders(self):
        cases = [("beast", "boost/beast.hpp", "net", "aio"), ("openssl", "openssl/evp.h", "crypto", "api"),
                 ("nlohmann", "nlohmann/json.hpp", "report", "drill"),
                 ("yaml-cpp", "yaml-cpp/yaml.h", "api", "cli"), ("libpq", "libpq-fe.h", "probes", "net"),
                 ("sqlite", "sqlite3.h", "store", "report"),
                 ("prometheus", "prometheus/registry.h", "metrics", "net"),
                 ("cpprest", "cpprest/http_client.h", "outbound", "net"),
                 ("hiredis", "hiredis/hiredis.h", "redis", "probes"), ("ares", "ares.h", "net", "probes"),
                 ("cli11", "CLI/CLI.hpp", "cli", "api")]
        for rule, header, home, other in cases:
            with self.subTest(rule):
                line = HEADER + f"#include <{header}>\n"
                self.assertEqual(self.rules_of(f"libs/{home}/x.cpp", line), [])
                self.assertEqual(self.rules_of(f"libs/{other}/x.cpp", line), [rule])

    def test_json_library_stays_out_of_headers(self):
        text = HEADER + "#pragma once\n#include <nlohmann/json.hpp>\n"
        self.assertEqual(self.rules_of("libs/report/x.h", text), ["nlohmann"])

    def test_comments_and_strings_are_not_code(self):
        text = HEADER + '''
            // std::random_device here
            /* steady_clock::now() */
            const char* s = "getenv(std::thread)"; const char* r = R"(usleep(1))";
            int n = 1'000'000; char quote = '"'; const char* t = "x";
        '''
        self.assertEqual(self.rules_of("libs/drill/x.cpp", text), [])

    def test_unfinished_work_is_refused(self):
        mark = "TO" + "DO"
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + f"// {mark}: later\n"),
                         ["unfinished"])


class Coroutines(Tree):
    def found(self, body):
        return self.rules_of("libs/net/x.cpp", HEADER + "void f() {\n" + body + "\n}\n")

    def test_capturing_coroutine_lambda_is_refused(self):
        for lambda_text in ("auto g = [&x]() -> Task<> { co_await x.wait(); };",
                            "spawn([this] { co_return; });",
                            "spawn([=, y = 1](int a) mutable -> Task<int> { if (a) { co_return 1; } });"):
            with self.subTest(lambda_text):
                self.assertEqual(self.found(lambda_text), ["coroutine-lambda"])

    def test_other_lambdas_and_brackets_are_not(self):
        for text in ("auto g = [](int& x) -> Task<> { co_await x; };", "auto g = [&x] { return x; };",
                     "int y = table[i]; { co_await z; }", "[[maybe_unused]] int q = 0;",
                     "for (const auto& [a, b] : table) { co_await a; }",
                     "auto [a, b] = pair; { co_await a; }",
                     "auto g = [&x] { return [](int a) -> Task<> { co_await a; }; };"):
            with self.subTest(text):
                self.assertEqual(self.found(text), [])


class Form(Tree):
    def test_tabs(self):
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + "\tint x;\n"), ["tab"])
        self.assertEqual(self.rules_of("dr-drills/x.yaml", "a:\n\tb: 1\n"), ["tab"])

    def test_pragma_once(self):
        self.assertEqual(self.rules_of("libs/drill/x.h", HEADER), ["pragma-once"])

    def test_header_comment(self):
        self.assertEqual(self.rules_of("libs/drill/x.h", "#pragma once\n"), ["header-comment"])
        self.assertEqual(self.rules_of("libs/drill/alone.cpp", "int x;\n"), ["header-comment"])
        self.write("libs/drill/pair.h", HEADER + "#pragma once\n")
        self.assertEqual(self.rules_of("libs/drill/pair.cpp", "int x;\n"), [])
        self.assertEqual(self.rules_of("libs/drill/long.h", "// x\n" * 31 + "#pragma once\n"),
                         ["header-comment"])

    def test_names_that_say_nothing(self):
        for path in ("libs/drill/string_util.md", "libs/common/x.md", "ci/helpers.md",
                     "cli/drill_manager.md"):
            with self.subTest(path):
                self.assertEqual(self.rules_of(path, "x\n"), ["name"])
        self.assertEqual(self.rules_of("docs/utility.md", "x\n"), [])

    def test_includes_go_down(self):
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + '#include "net/http.h"\n'), ["layer"])
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + '#include "nowhere/http.h"\n'),
                         ["layer"])
        self.assertEqual(self.rules_of("libs/net/x.cpp", HEADER + '#include "drill/a.h"\n'), [])


class NormsOfLength(Tree):
    @staticmethod
    def function(lines, name="f"):
        return f"int {name}(int x) {{\n" + "  x += 1;\n" * (lines - 3) + "  return x;\n}\n"

    def test_long_file(self):
        text = HEADER + "int x;\n" * 600
        self.assertEqual(self.rules_of("libs/drill/x.cpp", text), ["file-length"])
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + "int x;\n" * 599), [])

    def test_long_function(self):
        self.write("libs/drill/y.cpp", HEADER + "".join(self.function(3, f"g{i}") for i in range(180)))
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + self.function(71)),
                         ["function-length"])
        self.assertEqual(self.rules_of("libs/drill/x.cpp", HEADER + self.function(70)), [])

    def test_long_test_function(self):
        body = "  EXPECT_TRUE(true);\n" * 70
        self.assertEqual(self.rules_of("tests/drill/x.cpp", "TEST(A, B) {\n" + body + "}\n"),
                         ["function-length"])

    def test_p90_and_share_of_long_functions(self):
        self.write("libs/drill/x.cpp", HEADER + self.function(31) * 2)
        self.assertEqual(self.rules(), ["function-p90 libs"])
        self.write("libs/drill/x.cpp", HEADER + self.function(3) * 60 + self.function(71))
        self.assertEqual(self.rules(), ["function-length libs/drill/x.cpp", "long-functions libs"])

    def test_functions_are_recognised(self):
        text = textwrap.dedent('''\
            namespace a {
            template <class T>
            class B : public C<T> {
             public:
              explicit B(int x) : C<T>{x}, y_(x) {
                y_++;
              }
              auto get() const -> Result<int> { return y_; }
              std::vector<int> table_ = {1, 2};
              int z_{3};
            };
            enum class E { One, Two };
            const char* name(E e) {
              switch (e) { case E::One: { return "}"; } }
              auto f = [&] { return 1; };
              return "";
            }
            constexpr int kTable[] = {1, 2};
            }
            TEST(A, B) {
              run();
            }
            ''')
        self.assertEqual(list(tidy.functions(text)), [(5, 3), (8, 1), (13, 5), (20, 3)])


class Exceptions(Tree):
    def setUp(self):
        super().setUp()
        self.write("libs/drill/x.cpp", HEADER + "std::random_device d;\n")

    def test_an_exception_silences_its_rule_in_its_file_alone(self):
        self.write(tidy.EXCEPTIONS, "random libs/drill/x.cpp # seeds\n")
        self.assertEqual(self.rules(), [])
        self.write("libs/drill/y.cpp", HEADER + "std::random_device d;\n")
        self.assertEqual(self.rules(), ["random libs/drill/y.cpp"])

    def test_an_unused_exception_is_an_error(self):
        self.write(tidy.EXCEPTIONS, "random libs/drill/x.cpp # a\nclock libs/drill/x.cpp # b\n")
        self.assertEqual(self.rules(), ["exception " + tidy.EXCEPTIONS])

    def test_an_exception_without_reason_is_an_error(self):
        self.write(tidy.EXCEPTIONS, "random libs/drill/x.cpp\n")
        self.assertEqual(self.rules(), ["exception " + tidy.EXCEPTIONS, "random libs/drill/x.cpp"])

    def test_the_list_may_only_shrink(self):
        def git(*words):
            subprocess.run(["git", "-C", self.root, "-c", "user.name=t", "-c", "user.email=t@t",
                            *words], check=True, capture_output=True)
        git("init", "-q", "-b", "main")
        self.write(tidy.EXCEPTIONS, "# none\n")
        git("add", "-A")
        git("commit", "-qm", "start")
        self.write(tidy.EXCEPTIONS, "random libs/drill/x.cpp # seeds\n")
        findings, _ = tidy.check_tree(self.root)
        left = tidy.apply_exceptions(findings, self.root, "main")
        self.assertEqual([f.rule for f in left], ["exception"])


class Program(Tree):
    def test_exit_status_and_output(self):
        program = [sys.executable, os.path.join(ROOT, "ci", "tidy.py"), "--root", self.root]
        self.write("libs/drill/x.cpp", HEADER + "int x;\n")
        clean = subprocess.run(program, check=False, capture_output=True, text=True)
        self.assertEqual(clean.returncode, 0, clean.stdout)
        self.write("libs/drill/x.cpp", HEADER + "std::random_device d;\n")
        dirty = subprocess.run(program, check=False, capture_output=True, text=True)
        self.assertEqual(dirty.returncode, 1)
        self.assertIn("libs/drill/x.cpp:2: random: ", dirty.stdout)


if __name__ == "__main__":
    unittest.main()
