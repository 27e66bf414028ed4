"""The content security policy and the other headers of the site, in one place for page and server.

No inline script or style, no blob: or data:, no other origin. 'wasm-unsafe-eval' lets the engine compile WebAssembly
and nothing else.
"""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self' 'wasm-unsafe-eval'; "
    "worker-src 'self'; "
    "connect-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "font-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'"
)
# A <meta> tag may not say who frames the page (browsers warn about it), so only the header does.
HEADERS = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# With these a page is crossOriginIsolated, so WebAssembly may use threads. The site does not need them.
ISOLATION_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
