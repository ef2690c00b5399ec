#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/// Starts an HMAC-SHA-256 over `context`, whose MAC is HMAC. The parameter list lives on the C
/// stack, where OpenSSL only reads it during the call.
static inline int copenssl_hmac_sha256_start(
    EVP_MAC_CTX *context, const unsigned char *key, size_t key_length
) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, key_length, parameters);
}
