import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ProfileApi;
import org.openapitools.client.model.Customer;
import org.openapitools.client.model.CustomerPatch;

/** What a Java client does with the generated classes: {@code Client ORIGIN TOKEN}. */
public final class Client {
  interface Call {
    Customer run() throws ApiException;
  }

  public static void main(String[] arguments) throws ApiException {
    ProfileApi profile = api(arguments[0], "Token " + arguments[1]);
    check("sara".equals(profile.getMyProfile(null, null).getUsername()), "read");
    check("sara".equals(api(arguments[0], "Bearer " + arguments[1]).getMyProfile(null, null).getUsername()), "Bearer");

    CustomerPatch patch = new CustomerPatch().username("سارا").firstName("سارا").gender(CustomerPatch.GenderEnum.FEMALE);
    check("سارا".equals(profile.updateMyProfile(null, true, null, null, patch).getFirstName()), "dry run");
    check(profile.getMyProfile(null, null).getFirstName().isEmpty(), "a dry run writes nothing");

    var answer = profile.updateMyProfileWithHttpInfo(null, false, null, null, patch);
    check("سارا".equals(answer.getData().getUsername()), "update");
    check(answer.getData().getGender() == Customer.GenderEnum.FEMALE, "gender");
    String version = answer.getHeaders().get("etag").get(0);
    CustomerPatch lastName = new CustomerPatch().lastName("Ahmadi");
    check("Ahmadi".equals(profile.updateMyProfile(null, null, version, null, lastName).getLastName()), "If-Match");

    fails(400, () -> profile.updateMyProfile(null, null, null, null, new CustomerPatch().avatar("http://a..b")));
    fails(401, () -> api(arguments[0], "Token unknown").getMyProfile(null, null));
    fails(412, () -> profile.updateMyProfile(null, null, version, null, new CustomerPatch().lastName("Karimi")));
    System.out.println("the generated Java client works");
  }

  static ProfileApi api(String origin, String authorization) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(origin);
    client.setRequestInterceptor(request -> request.header("Authorization", authorization));
    return new ProfileApi(client);
  }

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  static void fails(int status, Call call) {
    try {
      call.run();
    } catch (ApiException error) {
      check(error.getCode() == status, status + " was expected: " + error);
      return;
    }
    throw new AssertionError(status + " was expected");
  }
}
