package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// api is the API of Kubernetes, as a pod of the namespace reaches it.
type api struct {
	url, folder, namespace string
	client                 http.Client
}

// errRefused is an answer that asking again does not change.
var errRefused = errors.New("refused")

func newAPI() *api {
	a := &api{url: os.Getenv("API_URL"), folder: os.Getenv("ACCOUNT")}
	if a.folder == "" {
		a.folder = "/var/run/secrets/kubernetes.io/serviceaccount"
	}
	if a.url == "" {
		a.url = "https://" + net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	}
	a.namespace = a.file("namespace")
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(a.file("ca.crt")))
	a.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}
	return a
}

func (a *api) file(name string) string {
	content, err := os.ReadFile(filepath.Join(a.folder, name))
	if err != nil {
		log.Fatalf("this is no pod with an account: %v", err)
	}
	return strings.TrimSpace(string(content))
}

// pods asks for something below the pods of the namespace, with the token of now: it is replaced by newer ones.
func (a *api) pods(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	where := fmt.Sprintf("%s/api/v1/namespaces/%s/pods%s?%s", a.url, a.namespace, path, query.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.file("token"))
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	why, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
	if answer.StatusCode < http.StatusInternalServerError && answer.StatusCode != http.StatusTooManyRequests {
		return nil, fmt.Errorf("%w: %s %s", errRefused, answer.Status, why)
	}
	return nil, fmt.Errorf("%s %s", answer.Status, why)
}
