#include "report/html_page.h"

#include "report/html_style.h"

namespace report {

std::string page(std::string_view title, const Html& body, const Html& footer) {
  // Nothing may load and nothing may run: what a drill's texts smuggle in stays text.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>{}</title>\n<style>{}</style></head>\n"
      "<body><main>\n{}<footer>{}</footer>\n</main></body></html>\n",
      escape(title), style_sheet(), body, footer);
}

}  // namespace report
