"""The content security policy and the other headers of the site, in one place for page and server.

It allows no inline script or style, no blob: or data: address and no other origin. 'wasm-unsafe-eval' allows the engine
to compile WebAssembly, and nothing else.
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
# Browsers ignore frame-ancestors in a <meta> tag, with a warning, so only the header has it.
HEADERS = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A page with these is crossOriginIsolated, and WebAssembly may use threads in it. The site works without them.
ISOLATION_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
