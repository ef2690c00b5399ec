internal import CCurl

/// The TLS sessions of all transfers of one thread: whichever of them connects resumes a session that
/// another has begun, where each would otherwise shake hands in full once.
@safe
final class SharedSessions {
    @unsafe let pointer: UnsafeMutableRawPointer

    init() {
        CurlLibrary.start()
        guard let pointer = unsafe curl_share_init() else {
            preconditionFailure("libcurl could not make a share: out of memory")
        }
        unsafe self.pointer = unsafe pointer
        let code = unsafe ccurl_share_sessions(pointer)
        precondition(
            code == CURLSHE_OK,
            "libcurl refused to share TLS sessions (code \(code.rawValue))"
        )
    }

    deinit {
        // In use by a transfer it would stay: each of them holds this object.
        unsafe curl_share_cleanup(pointer)
    }
}
