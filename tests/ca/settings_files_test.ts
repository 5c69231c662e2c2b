import assert from "node:assert/strict";
import { formatPhpIni, formatWgetrc } from "../../lib/ca/settings_files.ts";

Deno.test("formatWgetrc() names the bundle", () => {
  assert.equal(formatWgetrc("", "/run/b.pem"), "ca_certificate = /run/b.pem\n");
});

Deno.test("formatWgetrc() keeps what the person set, except proxies and roots", () => {
  const own = [
    "# mine",
    "timeout = 5",
    "https_proxy = http://corp:3128/",
    "  Use-Proxy = off",
    "no_proxy=*",
    "noproxy=*",
    "proxy-user = me",
    "proxy_password = secret",
    "CACertificate = /corp.pem",
    "ca_directory = /corp",
    "check_certificate = on",
  ].join("\r\n");
  assert.equal(
    formatWgetrc(own, "/run/b.pem"),
    "# mine\ntimeout = 5\nca_directory = /corp\ncheck_certificate = on\n" +
      "ca_certificate = /run/b.pem\n",
  );
});

Deno.test("formatPhpIni() quotes the path so that PHP reads it raw", () => {
  assert.equal(
    formatPhpIni("C:\\run\\${x}.pem"),
    "curl.cainfo = 'C:\\run\\${x}.pem'\nopenssl.cafile = 'C:\\run\\${x}.pem'\n",
  );
  assert.match(formatPhpIni("/home/o'neil/b.pem"), /^curl\.cainfo = "\/home\/o'neil\/b\.pem"$/m);
});
