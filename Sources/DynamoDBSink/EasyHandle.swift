internal import CCurl
internal import Glibc
internal import Mapping

/// How connections are made; the same for every request of a client.
struct TransportSettings: Sendable, Equatable {
    /// Until a connection stands, TLS included.
    var connectTimeout: Duration
    /// From the start of a request to the end of its answer.
    var requestTimeout: Duration
    /// An answer longer than this is broken off.
    var responseBytesMax: Int
    /// `http://host:port`; nil for no proxy.
    var proxy: String? = nil
    /// Hosts that are reached without the proxy, as libcurl reads them: names joined by commas.
    var noProxy: String? = nil
    /// File of certificates to trust instead of the system's.
    var certificateFile: String? = nil
}

/// One libcurl transfer handle, used for one request after another.
///
/// Not thread-safe: it is opened, used and closed by one owner. libcurl borrows the memory of the
/// handle (header lines, error text, callbacks' context) and of the request's body; both are
/// properties here and live until the answer is there.
@safe
final class EasyHandle {
    @unsafe let pointer: UnsafeMutableRawPointer
    private let settings: TransportSettings
    private let headerList = HeaderList()
    private let errorText: UnsafeMutablePointer<CChar>
    private var body: ByteBuffer?
    private var url = ""
    private var method: HTTPRequest.Method?
    private var response = HTTPResponse(status: 0, headers: [], body: [])
    private var isTooLong = false

    init(settings: TransportSettings) {
        CurlLibrary.start()
        guard let pointer = unsafe curl_easy_init() else {
            preconditionFailure("libcurl could not make a handle: out of memory")
        }
        unsafe self.pointer = unsafe pointer
        self.settings = settings
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure()
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe errorText.deallocate()
    }

    /// Makes the handle ready to send `request`.
    func prepare(_ request: HTTPRequest) {
        if request.url != url {
            set(CURLOPT_URL, request.url)
            url = request.url
        }
        if request.method != method { setMethod(request.method) }
        body = request.body
        if request.method != .get {
            setBody(request.body)
        }
        headerList.set(request.headers)
        check(unsafe ccurl_set_headers(pointer, headerList.first))
        unsafe errorText[0] = 0
        isTooLong = false
        response = HTTPResponse(status: 0, headers: [], body: [])
    }

    /// What came of the transfer that `prepare` began; the request's body is given back.
    func finish(_ result: CURLcode) -> Result<HTTPResponse, TransportFailure> {
        body = nil
        defer { response = HTTPResponse(status: 0, headers: [], body: []) }
        if result == CURLE_OK {
            var status = 0
            check(unsafe ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status))
            response.status = status
            return .success(response)
        }
        if isTooLong {
            return .failure(
                TransportFailure(
                    message: "the answer is longer than \(settings.responseBytesMax) bytes",
                    isPermanent: false
                )
            )
        }
        let detail = unsafe String(cString: errorText)
        let message = unsafe detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        return .failure(
            TransportFailure(
                message: DynamoDBError.presentable(message),
                isPermanent: Self.permanentFailures.contains(result.rawValue)
            )
        )
    }

    /// Sends the request and waits for its answer, on the calling thread.
    func perform(_ request: HTTPRequest) throws(TransportFailure) -> HTTPResponse {
        prepare(request)
        return try finish(unsafe curl_easy_perform(pointer)).get()
    }

    private static let permanentFailures: Set<UInt32> = Set(
        [
            CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_NOT_BUILT_IN,
        ].map(\.rawValue)
    )
}

// MARK: Options

extension EasyHandle {
    private func configure() {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        check(unsafe ccurl_set_http_only(pointer))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_HTTP09_ALLOWED, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
        set(CURLOPT_TIMEOUT_MS, settings.requestTimeout.milliseconds)
        // libcurl would read the proxy from the environment by itself; settings decide instead.
        set(CURLOPT_PROXY, settings.proxy ?? "")
        set(CURLOPT_NOPROXY, settings.noProxy ?? "")
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
        check(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
        check(unsafe ccurl_set_pointer(pointer, CURLOPT_PRIVATE, context))
        check(unsafe ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, context))
        check(unsafe ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, context))
        check(
            unsafe ccurl_set_bytes_callback(pointer, CURLOPT_WRITEFUNCTION) {
                bytes,
                size,
                count,
                context in
                unsafe EasyHandle.from(context).receiveBody(bytes, size * count)
            }
        )
        check(
            unsafe ccurl_set_bytes_callback(pointer, CURLOPT_HEADERFUNCTION) {
                bytes,
                size,
                count,
                context in
                unsafe EasyHandle.from(context).receiveHeader(bytes, size * count)
            }
        )
    }

    private func setMethod(_ method: HTTPRequest.Method) {
        self.method = method
        switch method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .post, .put: set(CURLOPT_POST, 1)
        }
        set(CURLOPT_CUSTOMREQUEST, method.rawValue)
    }

    private func setBody(_ body: ByteBuffer?) {
        let length = Int64(body?.count ?? 0)
        check(unsafe ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, length))
        // An empty body needs a pointer too: without one libcurl asks a read callback for bytes.
        var start = unsafe UnsafeRawPointer(errorText)
        if let bytes = unsafe body?.borrowedBytes.baseAddress { unsafe start = .init(bytes) }
        check(unsafe ccurl_set_post_fields(pointer, start))
    }

    private func set(_ option: CURLoption, _ value: Int) {
        check(unsafe ccurl_set_long(pointer, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) {
        check(unsafe ccurl_set_string(pointer, option, value))
    }

    /// A setter fails where libcurl lacks the option or memory: nothing that a user can mend.
    private func check(_ code: CURLcode, line: Int = #line) {
        precondition(
            code == CURLE_OK,
            "libcurl refused an option (code \(code.rawValue), line \(line))"
        )
    }

    /// The handle that a transfer belongs to.
    @unsafe
    static func owner(of pointer: UnsafeMutableRawPointer) -> EasyHandle {
        var context: UnsafeMutableRawPointer?
        guard unsafe ccurl_get_private(pointer, &context) == CURLE_OK, unsafe context != nil else {
            preconditionFailure("a transfer has lost its owner")
        }
        return unsafe from(context)
    }

    @unsafe
    private static func from(_ context: UnsafeMutableRawPointer?) -> EasyHandle {
        guard let context = unsafe context else {
            preconditionFailure("a transfer has lost its owner")
        }
        return unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }

    private func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes = unsafe bytes, count > 0 else { return count }
        guard response.body.count + count <= settings.responseBytesMax else {
            isTooLong = true
            return 0
        }
        unsafe response.body.append(
            contentsOf: UnsafeRawBufferPointer(start: bytes, count: count)
        )
        return count
    }

    private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes = unsafe bytes, count > 0 else { return count }
        let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        // A status line begins a new answer: an interim one (1xx) comes before the real one.
        if unsafe line.starts(with: "HTTP/".utf8) {
            response.headers.removeAll(keepingCapacity: true)
            return count
        }
        guard response.headers.count + count <= 64 * 1024 else { return 0 }
        if response.headers.isEmpty { response.headers.reserveCapacity(512) }
        unsafe response.headers.append(contentsOf: line)
        return count
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000
            + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// libcurl's own global state, made once before the first handle.
enum CurlLibrary {
    private static let started: Bool = {
        let result = curl_global_init(Int(CURL_GLOBAL_ALL))
        precondition(result == CURLE_OK, "libcurl could not be started (code \(result.rawValue))")
        return true
    }()

    static func start() {
        _ = started
    }
}
